import { Field } from '../../ui/form.js';
import { labels, type Editing } from './editing.js';

interface LineProps {
  editing: Editing;
  name: string;
  type?: 'text' | 'email' | 'tel';
  required?: boolean;
  max?: number;
  hint?: string;
}

function Line({ editing, name, type, required = false, max, hint }: LineProps) {
  return (
    <Field
      label={labels[name] as string}
      name={name}
      type={type ?? 'text'}
      value={editing.fields[name]}
      error={editing.errors[name]}
      required={required ? true : false}
      autocomplete="off"
      {...(max ? { maxlength: max } : {})}
      {...(hint ? { hint } : {})}
    />
  );
}

/** Practice name, sender and support contact. */
export function SenderFields({ editing }: { editing: Editing }) {
  return (
    <section class="card stack" aria-labelledby="who">
      <h2 id="who">Sender</h2>
      <Line editing={editing} name="name" required max={100} />
      <Line
        editing={editing}
        name="fromName"
        max={100}
        hint={`Leave empty to use the practice name. The address stays ${editing.sheet.from}.`}
      />
      <Line
        editing={editing}
        name="replyTo"
        type="email"
        max={254}
        hint="Leave empty to use the email address below."
      />
      <h2>Support contact</h2>
      <p class="hint">
        Enter at least a phone number or an email address. Both appear in each email and in the Pet App.
      </p>
      <div class="pair">
        <Line editing={editing} name="support.phone" type="tel" max={40} />
        <Line editing={editing} name="support.email" type="email" max={254} />
      </div>
      <Line editing={editing} name="support.hours" max={120} hint="For example: Mon-Fri 8-18, Sat 9-12" />
    </section>
  );
}
