import type { ComponentChildren } from 'preact';
import { usePage } from './page-context.js';

/** A form that changes data. Carries a CSRF token, which proves that it comes from our own page. */
export function PostForm(props: {
  action: string;
  class?: string;
  /** Question that the page's script asks before it sends the form. */
  confirm?: string;
  id?: string;
  children: ComponentChildren;
}) {
  return (
    <form method="post" action={props.action} class={props.class} id={props.id} data-confirm={props.confirm}>
      <CsrfField />
      {props.children}
    </form>
  );
}

/** The CSRF token of the page. */
export function CsrfField() {
  return <input type="hidden" name="_csrf" value={usePage().csrf()} />;
}

interface FieldProps {
  label: string;
  name: string;
  type?: 'text' | 'email' | 'password' | 'tel' | 'date';
  value?: string | null | undefined;
  autocomplete?: string;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  /** `false` shows "optional" beside the label; `quietly` makes the field optional without that text. */
  required?: boolean | 'quietly';
  inputmode?: 'text' | 'email' | 'tel' | 'numeric';
  maxlength?: number;
  autofocus?: boolean;
  readonly?: boolean;
  spellcheck?: boolean;
  /** Elements beside the input, such as a show/hide button. */
  children?: ComponentChildren;
}

/** The error of a field; nothing if there is none. Screen readers read it with the input that names its id. */
export function FieldError({ id, children }: { id: string; children: string | null | undefined }) {
  return children ? (
    <p class="field-error" id={id}>
      {children}
    </p>
  ) : null;
}

/** A label above its input, with a hint and an error that screen readers read with the input. */
export function Field(props: FieldProps) {
  const id = `field-${props.name.replace(/\W+/g, '-')}`;
  const described = [props.hint ? `${id}-hint` : '', props.error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div class={`field${props.error ? ' field-wrong' : ''}`}>
      <label for={id}>
        {props.label}
        {props.required === false ? <span class="optional"> optional</span> : null}
      </label>
      <div class="field-input">
        <input
          id={id}
          name={props.name}
          // The typings define one shape per type; all types used here take the same attributes.
          type={(props.type ?? 'text') as 'text'}
          value={props.value ?? ''}
          autocomplete={props.autocomplete}
          inputmode={props.inputmode}
          maxLength={props.maxlength}
          required={props.required !== false && props.required !== 'quietly'}
          readOnly={props.readonly}
          autofocus={props.autofocus}
          autocapitalize={props.type === 'email' || props.type === 'password' ? 'none' : undefined}
          spellcheck={props.spellcheck ?? false}
          aria-describedby={described || undefined}
          aria-invalid={props.error ? 'true' : undefined}
        />
        {props.children}
      </div>
      {props.hint ? (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      ) : null}
      <FieldError id={`${id}-error`}>{props.error}</FieldError>
    </div>
  );
}

/** The email address of a login, marked for password managers. */
export function LoginEmailField(props: Pick<FieldProps, 'value' | 'hint' | 'error'>) {
  return <Field label="Email address" name="email" type="email" autocomplete="username" inputmode="email" {...props} />;
}

/** A password with a show/hide button. Without scripts the button stays hidden. */
export function PasswordField(props: Omit<FieldProps, 'type' | 'children'>) {
  return (
    <Field {...props} type="password">
      <button type="button" class="show-password" data-show-password hidden aria-pressed="false">
        Show
      </button>
    </Field>
  );
}
