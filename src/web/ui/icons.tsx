const shapes = {
  paw: 'M12 13c-2.8 0-5 2.2-5 4.4C7 19 8.2 20 9.7 20c.9 0 1.5-.3 2.3-.3s1.4.3 2.3.3c1.5 0 2.7-1 2.7-2.6C17 15.2 14.8 13 12 13zM5.5 9.5a1.8 2.2 0 1 0 0 4.4 1.8 2.2 0 0 0 0-4.4zM18.5 9.5a1.8 2.2 0 1 0 0 4.4 1.8 2.2 0 0 0 0-4.4zM9.3 4.5a1.9 2.5 0 1 0 0 5 1.9 2.5 0 0 0 0-5zM14.7 4.5a1.9 2.5 0 1 0 0 5 1.9 2.5 0 0 0 0-5z',
  search: 'M10.5 4a6.5 6.5 0 1 1-4.6 11.1A6.5 6.5 0 0 1 10.5 4zm5 11.5L20.5 20.5',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zm9.5-3a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  mail: 'M3.5 6h17v12h-17zM3.5 7l8.5 6.5L20.5 7',
  key: 'M8 11a4 4 0 1 1-.01 0zm3 2.5L20 4.5m-3 3 2.5 2.5',
  print: 'M7 9V4h10v5M7 17H4v-8h16v8h-3M7 14h10v6H7z',
  sync: 'M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9M20 4v5h-5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 15m0 5v-5h5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 4l9 16H3zM12 10v4.5M12 17.3v.2',
  info: 'M12 3.5a8.5 8.5 0 1 1-.01 0zM12 11v5.5M12 7.7v.2',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15L19 12z',
  undo: 'M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  people:
    'M9 5a3.5 3.5 0 1 1-.01 0zM2.5 19.5c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 5.5a3.2 3.2 0 0 1 0 6.3M17.5 14.3c2.4.6 4 2.4 4 5.2',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M4.5 19.5h15',
  plus: 'M12 5v14M5 12h14',
} as const;

export type IconName = keyof typeof shapes;

/** A small decorative icon beside a text; hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  const filled = name === 'paw';
  return (
    <svg class={`icon${filled ? ' icon-filled' : ''}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
