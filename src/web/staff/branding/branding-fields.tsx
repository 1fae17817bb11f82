import { messageKinds, type PetParentKind } from '../../../domain/message/message-kinds.js';
import type { BrandingErrors, BrandingSheet } from '../../../domain/message/branding.js';
import { Field } from '../../ui/form.js';

export interface Editing {
  sheet: BrandingSheet;
  /** Current or typed values by field name. */
  fields: Readonly<Record<string, string>>;
  logo: 'keep' | 'address' | 'upload' | 'none';
  errors: BrandingErrors;
}

export const fieldId = (name: string): string => `field-${name.replace(/\W+/g, '-')}`;

/** Returns the label of a field, for the list of errors. */
export function fieldLabel(name: string): string {
  const [, kind, part] = /^texts\.([\w-]+)\.(\w+)$/.exec(name) ?? [];
  if (kind && part) return `${messageKinds[kind as PetParentKind].name}: ${partLabels[part as Part]}`;
  return labels[name] ?? name;
}

const partLabels = {
  subject: 'Subject',
  opening: 'Opening paragraph',
  closing: 'Closing',
};
type Part = keyof typeof partLabels;
/** In the order of the email. */
const parts = Object.keys(partLabels) as Part[];

const labels: Record<string, string> = {
  name: 'Practice name',
  fromName: 'Sender name',
  replyTo: 'Reply-to',
  'support.phone': 'Phone',
  'support.email': 'Email address',
  'support.hours': 'Opening hours',
  logo: 'Logo',
  'brand.logoUrl': 'Image URL',
  'brand.colour': 'Button colour',
  'brand.textColour': 'Button text colour',
  'brand.bandColour': 'Header colour',
};

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

export function WhoFields({ editing }: { editing: Editing }) {
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

export function LogoFields({ editing }: { editing: Editing }) {
  const { sheet, logo, errors } = editing;
  const now = sheet.logo;
  const choice = (value: Editing['logo'], label: string) => (
    <div class="choice">
      <input type="radio" id={`logo-${value}`} name="logo" value={value} checked={logo === value} />
      <label for={`logo-${value}`}>{label}</label>
    </div>
  );
  return (
    <section class="card stack" aria-labelledby="logo-title">
      <h2 id="logo-title">Logo</h2>
      <fieldset class="choices stack" id={fieldId('logo')} aria-describedby={errors['logo'] ? 'logo-error' : undefined}>
        <legend class="hidden">Which logo</legend>
        {now ? (
          <div>
            {choice('keep', 'Keep the current logo')}
            {now.uploaded ? <img class="brand-logo" src={new URL(now.url).pathname} alt="Current logo" /> : null}
          </div>
        ) : null}
        <div>
          {choice('upload', 'Upload an image')}
          <label class="hidden" for="upload">
            Image
          </label>
          <input
            type="file"
            id="upload"
            name="upload"
            accept="image/png,image/jpeg,image/gif"
            data-picks="logo-upload"
            aria-describedby="upload-hint"
          />
          <p class="hint" id="upload-hint">
            PNG, JPEG or GIF, at most 200 KB. About 440 pixels wide looks sharp everywhere.
          </p>
        </div>
        <div>
          {choice('address', 'Use an image on your website')}
          <label class="hidden" for={fieldId('brand.logoUrl')}>
            Image URL
          </label>
          <input
            type="url"
            id={fieldId('brand.logoUrl')}
            name="brand.logoUrl"
            value={editing.fields['brand.logoUrl']}
            placeholder="https://"
            maxLength={500}
            data-picks="logo-address"
            aria-invalid={errors['brand.logoUrl'] ? 'true' : undefined}
            aria-describedby={errors['brand.logoUrl'] ? 'logo-address-error' : undefined}
          />
          {errors['brand.logoUrl'] ? (
            <p class="field-error" id="logo-address-error">
              {errors['brand.logoUrl']}
            </p>
          ) : null}
        </div>
        {choice('none', 'No logo: show the practice name')}
      </fieldset>
      {errors['logo'] ? (
        <p class="field-error" id="logo-error">
          {errors['logo']}
        </p>
      ) : null}
    </section>
  );
}

export function ColourFields({ editing }: { editing: Editing }) {
  const { fields, errors } = editing;
  const colour = (name: string, fallback: string) => (
    <input
      type="color"
      id={fieldId(name)}
      name={name}
      value={fields[name] || fallback}
      aria-label={labels[name]}
      data-picks={name === 'brand.colour' ? undefined : `${fieldId(name)}-own`}
      aria-invalid={errors[name] ? 'true' : undefined}
      aria-describedby={errors[name] ? `${fieldId(name)}-error` : undefined}
    />
  );
  const either = (name: string, ours: string, fallback: string) => (
    <fieldset class="choices">
      <legend class="field-label">{labels[name]}</legend>
      <div class="choice">
        <input type="radio" id={`${fieldId(name)}-us`} name={`${name}-by`} value="us" checked={!fields[name]} />
        <label for={`${fieldId(name)}-us`}>{ours}</label>
      </div>
      <div class="choice choice-colour">
        <input
          type="radio"
          id={`${fieldId(name)}-own`}
          name={`${name}-by`}
          value="own"
          checked={Boolean(fields[name])}
        />
        <label for={`${fieldId(name)}-own`}>This colour</label>
        {colour(name, fallback)}
      </div>
      {errors[name] ? (
        <p class="field-error" id={`${fieldId(name)}-error`}>
          {errors[name]}
        </p>
      ) : null}
    </fieldset>
  );
  return (
    <section class="card stack" aria-labelledby="colours">
      <h2 id="colours">Colours</h2>
      <div>
        <p class="field-label">{labels['brand.colour']}</p>
        {colour('brand.colour', '#1f5f4a')}
        {errors['brand.colour'] ? (
          <p class="field-error" id={`${fieldId('brand.colour')}-error`}>
            {errors['brand.colour']}
          </p>
        ) : null}
      </div>
      {either('brand.textColour', 'Black or white, whichever is easier to read', '#ffffff')}
      {either('brand.bandColour', 'Same as the button', '#ffffff')}
    </section>
  );
}

/** Text fields of one kind of email. */
export function TextFields({
  editing,
  kind,
  open,
}: {
  editing: Editing;
  kind: BrandingSheet['texts'][number];
  open: boolean;
}) {
  const wrong = Object.keys(editing.errors).some((name) => name.startsWith(`texts.${kind.kind}.`));
  const changed = parts.some(
    (part) => (editing.fields[`texts.${kind.kind}.${part}`] ?? '').replaceAll('\r\n', '\n').trim() !== kind.parts[part],
  );
  return (
    <details class="card brand-texts" open={open || wrong}>
      <summary>
        {messageKinds[kind.kind].name}
        {changed ? <span class="muted"> (changed)</span> : null}
      </summary>
      <div class="stack">
        {parts.map((part) => (
          <Words key={part} editing={editing} name={`texts.${kind.kind}.${part}`} part={part} />
        ))}
        <p class="hint">
          Available placeholders:{' '}
          {kind.variables.map((name) => (
            <>
              <code key={name}>{`{{${name}}}`}</code>{' '}
            </>
          ))}
          Leave a field empty to use the default text.
        </p>
      </div>
    </details>
  );
}

function Words({ editing, name, part }: { editing: Editing; name: string; part: Part }) {
  const id = fieldId(name);
  const error = editing.errors[name];
  const attributes = {
    id,
    name,
    'aria-invalid': error ? ('true' as const) : undefined,
    'aria-describedby': error ? `${id}-error` : undefined,
  };
  return (
    <div class={`field${error ? ' field-wrong' : ''}`}>
      <label for={id}>{partLabels[part]}</label>
      {part === 'subject' ? (
        <input type="text" value={editing.fields[name]} maxLength={200} {...attributes} />
      ) : (
        <textarea rows={part === 'opening' ? 5 : 2} maxLength={4000} {...attributes}>
          {editing.fields[name]}
        </textarea>
      )}
      {error ? (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      ) : null}
    </div>
  );
}
