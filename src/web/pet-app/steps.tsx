const names = ['You', 'Your pets', 'Your password'] as const;

/** Progress of the first login. The password step is left out if a reset already set the password. */
export function Steps(props: { at: 0 | 1 | 2; hasPassword?: boolean }) {
  return (
    <ol class="steps" aria-label="First login">
      {(props.hasPassword ? names.slice(0, 2) : names).map((name, index) => (
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
