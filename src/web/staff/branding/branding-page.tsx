import { DetailsHead } from '../shell/details-head.js';
import { messageKinds } from '../../../domain/message/message-kinds.js';
import type { BrandingSheet } from '../../../domain/message/branding.js';
import { CsrfField } from '../../ui/form.js';
import { Notice } from '../../ui/notice.js';
import { When } from '../../ui/when.js';
import { ColourFields } from './colour-fields.js';
import { fieldId, fieldLabel, type Editing } from './editing.js';
import { LogoFields } from './logo-fields.js';
import { SenderFields } from './sender-fields.js';
import { TextFields } from './text-fields.js';
import { staffLinks, withQuery } from '../shell/routes.js';
import { StaffShell } from '../shell/staff-shell.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useLink, usePractice } from '../shell/staff-context.js';

interface Props {
  editing: Editing;
  /** True if somebody else saved another version in the meantime. */
  meanwhile: boolean;
}

export function BrandingPage(props: Props) {
  const { editing } = props;
  const practice = usePractice();
  const link = useLink();
  const { sheet, errors } = editing;
  const wrong = Object.keys(errors);
  return (
    <StaffShell tab="email-marketing" title="Branding" scripts={['branding.js']}>
      <DetailsHead
        parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }}
        here="Branding"
        title="Branding"
        action={
          <a class="button button-quiet" href={link(staffLinks.preview)}>
            All emails
          </a>
        }
      >
        Look and texts of the emails of {practice.name}. Changes apply from the next email on.
      </DetailsHead>
      <FlashNotice />
      {sheet.trouble ? (
        <Notice tone="bad" title="Mail is paused because the saved branding cannot be used.">
          {sheet.trouble}
        </Notice>
      ) : null}
      {props.meanwhile ? (
        <Notice tone="bad" title="Not saved: somebody else saved another version in the meantime.">
          <a href={link(staffLinks.branding)}>Load that version</a>, then make your changes again.
        </Notice>
      ) : null}
      {wrong.length > 0 ? <Wrong errors={errors} /> : null}
      <div class="branding-editor">
        <form
          id="branding-form"
          method="post"
          action={staffLinks.branding}
          enctype="multipart/form-data"
          class="stack"
          data-branding-form
          novalidate
        >
          <CsrfField />
          <input type="hidden" name="practice" value={practice.id} />
          <input type="hidden" name="after" value={sheet.version} />
          <SenderFields editing={editing} />
          <LogoFields editing={editing} />
          <ColourFields editing={editing} />
          <h2 class="section-head">Texts</h2>
          {sheet.texts.map((kind, index) => (
            <TextFields key={kind.kind} editing={editing} kind={kind} open={index === 0} />
          ))}
          <div class="branding-save">
            <button class="button button-main">Save</button>
            <p class="hint">Emails already sent do not change.</p>
          </div>
        </form>
        <section class="branding-side" aria-labelledby="preview-title">
          <h2 id="preview-title">Preview</h2>
          <PreviewPicker editing={editing} />
          <iframe
            id="mail-preview"
            name="mail-preview"
            title="Preview of the email"
            src={withQuery(`${staffLinks.branding}/preview`, { practice: practice.id })}
            sandbox=""
          />
        </section>
      </div>
      <Versions sheet={sheet} />
    </StaffShell>
  );
}

/** Lists the errors, each with a link to its field. */
function Wrong({ errors }: { errors: Editing['errors'] }) {
  const names = Object.keys(errors);
  return (
    <Notice
      tone="bad"
      title={`Not saved: please correct ${names.length === 1 ? 'one field' : `${names.length} fields`}.`}
    >
      <ul>
        {names.map((name) => (
          <li key={name}>
            <a href={`#${fieldId(name)}`}>{fieldLabel(name)}</a>
          </li>
        ))}
      </ul>
      {errors['logo'] ? null : <p>If you chose an image, please choose it again.</p>}
    </Notice>
  );
}

function PreviewPicker({ editing }: { editing: Editing }) {
  const { sheet } = editing;
  return (
    <div class="branding-picker">
      <label for="kind">Email</label>
      <select id="kind" name="kind" form="branding-form" data-branding-which>
        {sheet.texts.map(({ kind }) => (
          <option key={kind} value={kind}>
            {messageKinds[kind].name}
          </option>
        ))}
      </select>
      <label for="person">Person</label>
      <select id="person" name="person" form="branding-form" data-branding-which>
        {sheet.people.map((name, index) => (
          <option key={name} value={index}>
            {name}
          </option>
        ))}
      </select>
      <label for="as">Format</label>
      <select id="as" name="as" form="branding-form" data-branding-which>
        <option value="mail">HTML</option>
        <option value="text">Plain text</option>
      </select>
      <p class="hint">The people are made up. A preview sends and saves nothing.</p>
      <button
        class="button button-small"
        form="branding-form"
        formaction={`${staffLinks.branding}/preview`}
        formtarget="mail-preview"
        data-branding-preview
      >
        Preview
      </button>
    </div>
  );
}

function Versions({ sheet }: { sheet: BrandingSheet }) {
  if (sheet.history.length === 0) return null;
  const back = (to: string) => (
    <>
      <input type="hidden" name="after" value={sheet.version} />
      <input type="hidden" name="to" value={to} />
    </>
  );
  return (
    <section aria-labelledby="versions">
      <h2 id="versions" class="section-head">
        Saved versions
      </h2>
      <ul class="rows rows-cards">
        {sheet.history.map(({ version, savedAt, savedBy, configured }) => (
          <li key={version}>
            <div>
              <p class="who-name">
                {configured ? 'Reset to the default branding' : `Version ${version}`}
                {version === sheet.version ? <span class="muted"> (active)</span> : null}
              </p>
              <p class="timeline-when">
                <When at={savedAt} /> by {savedBy}
              </p>
            </div>
            {version === sheet.version || configured ? null : (
              <PracticeForm action={`${staffLinks.branding}/back`} confirm={`Use version ${version} again?`}>
                {back(String(version))}
                <button class="button button-small">
                  Use again<span class="hidden">: version {version}</span>
                </button>
              </PracticeForm>
            )}
          </li>
        ))}
      </ul>
      {sheet.saved || sheet.trouble ? (
        <PracticeForm
          action={`${staffLinks.branding}/back`}
          class="section-gap"
          confirm={`Reset the branding of ${usePractice().name} to the default? Saved versions stay in the list.`}
        >
          {back('configured')}
          <button class="button">Reset to the default branding</button>
        </PracticeForm>
      ) : null}
    </section>
  );
}
