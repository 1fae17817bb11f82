import { FieldError } from '../../ui/form.js';
import { fieldId, labels, type Editing } from './editing.js';

/** Colours of the buttons and the header. */
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
      <FieldError id={`${fieldId(name)}-error`}>{errors[name]}</FieldError>
    </fieldset>
  );
  return (
    <section class="card stack" aria-labelledby="colours">
      <h2 id="colours">Colours</h2>
      <div>
        <p class="field-label">{labels['brand.colour']}</p>
        {colour('brand.colour', '#1f5f4a')}
        <FieldError id={`${fieldId('brand.colour')}-error`}>{errors['brand.colour']}</FieldError>
      </div>
      {either('brand.textColour', 'Black or white, whichever is easier to read', '#ffffff')}
      {either('brand.bandColour', 'Same as the button', '#ffffff')}
    </section>
  );
}
