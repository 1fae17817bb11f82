import { FieldError } from '../../ui/form.js';
import { fieldId, type Editing } from './editing.js';

/** Choice of the logo: keep it, upload one, link one, or none. */
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
            {now.uploaded ? <img class="branding-logo" src={new URL(now.url).pathname} alt="Current logo" /> : null}
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
          <FieldError id="logo-address-error">{errors['brand.logoUrl']}</FieldError>
        </div>
        {choice('none', 'No logo: show the practice name')}
      </fieldset>
      <FieldError id="logo-error">{errors['logo']}</FieldError>
    </section>
  );
}
