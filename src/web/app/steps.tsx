const names = ['You', 'Your pets', 'Your password'] as const;

/** Where someone is in the first login. */
export function Steps(props: { at: 0 | 1 | 2 }) {
  return (
    <ol class="steps" aria-label="First login">
      {names.map((name, index) => (
        <li
          key={name}
          class={index < props.at ? 'step-done' : index === props.at ? 'step-now' : undefined}
          aria-current={index === props.at ? 'step' : undefined}
        >
          <span class="step-name">{name}</span>
        </li>
      ))}
    </ol>
  );
}
