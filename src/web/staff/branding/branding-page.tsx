import { messageKinds } from '../../../domain/message/message-kinds.js';
import { DetailsHead } from '../pet-parents/details-head.js';
import { PostForm } from '../../ui/form.js';
import { Notice } from '../../ui/notice.js';
import { When } from '../../ui/when.js';
import {
  ColourFields,
  fieldId,
  fieldLabel,
  LogoFields,
  TextFields,
  WhoFields,
  type Editing,
} from './branding-fields.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { StaffShell } from '../shell/staff-shell.js';
import type { FlashMessage } from '../shell/flash-messages.js';
import { FlashNotice } from '../shell/flash-notice.js';
import type { PracticeChoice, StaffRequest } from '../shell/staff-session.js';

interface Props {
  staffRequest: StaffRequest;
  practice: PracticeChoice;
  csrf: string;
  editing: Editing;
  flash: FlashMessage | null;
  /** True if somebody else saved another version in the meantime. */
  meanwhile: boolean;
}

export function BrandingPage(props: Props) {
  const { staffRequest, practice, csrf, editing } = props;
  const { sheet, errors } = editing;
  const here = practiceQuery(staffRequest);
  const wrong = Object.keys(errors);
  return (
    <StaffShell
      staffRequest={staffRequest}
      csrf={csrf}
      tab="email-marketing"
      title="Branding"
      scripts={['branding.js']}
    >
      <DetailsHead
        staffRequest={staffRequest}
        parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }}
        here="Branding"
        title="Branding"
        action={
          <a class="button button-quiet" href={withQuery(staffLinks.preview, here)}>
            All emails
          </a>
        }
      >
        Look and texts of the emails of {practice.name}. Changes apply from the next email on.
      </DetailsHead>
      <FlashNotice flash={props.flash} />
      {sheet.trouble ? (
        <Notice tone="bad" title="Mail is paused because the saved branding cannot be used.">
          {sheet.trouble}
        </Notice>
      ) : null}
      {props.meanwhile ? (
        <Notice tone="bad" title="Not saved: somebody else saved another version in the meantime.">
          <a href={withQuery(staffLinks.brand, here)}>Load that version</a>, then make your changes again.
        </Notice>
      ) : null}
      {wrong.length > 0 ? <Wrong errors={errors} /> : null}
      <div class="brand-editor">
        <form
          id="brand-form"
          method="post"
          action={staffLinks.brand}
          enctype="multipart/form-data"
          class="stack"
          data-brand-form
          novalidate
        >
          <input type="hidden" name="_csrf" value={csrf} />
          <input type="hidden" name="practice" value={practice.id} />
          <input type="hidden" name="after" value={sheet.version} />
          <WhoFields editing={editing} />
          <LogoFields editing={editing} />
          <ColourFields editing={editing} />
          <h2 class="section-head">Texts</h2>
          {sheet.texts.map((kind, index) => (
            <TextFields key={kind.kind} editing={editing} kind={kind} open={index === 0} />
          ))}
          <div class="brand-save">
            <button class="button button-main">Save</button>
            <p class="hint">Emails already sent do not change.</p>
          </div>
        </form>
        <section class="brand-side" aria-labelledby="preview-title">
          <h2 id="preview-title">Preview</h2>
          <PreviewPicker editing={editing} />
          <iframe
            id="mail-preview"
            name="mail-preview"
            title="Preview of the email"
            src={withQuery(`${staffLinks.brand}/preview`, { practice: practice.id })}
            sandbox=""
          />
        </section>
      </div>
      <Versions {...props} />
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
    <div class="brand-picker">
      <label for="kind">Email</label>
      <select id="kind" name="kind" form="brand-form" data-brand-which>
        {sheet.texts.map(({ kind }) => (
          <option key={kind} value={kind}>
            {messageKinds[kind].name}
          </option>
        ))}
      </select>
      <label for="person">Person</label>
      <select id="person" name="person" form="brand-form" data-brand-which>
        {sheet.people.map((name, index) => (
          <option key={name} value={index}>
            {name}
          </option>
        ))}
      </select>
      <label for="as">Format</label>
      <select id="as" name="as" form="brand-form" data-brand-which>
        <option value="mail">HTML</option>
        <option value="text">Plain text</option>
      </select>
      <p class="hint">The people are made up. A preview sends and saves nothing.</p>
      <button
        class="button button-small"
        form="brand-form"
        formaction={`${staffLinks.brand}/preview`}
        formtarget="mail-preview"
        data-brand-preview
      >
        Preview
      </button>
    </div>
  );
}

function Versions({ staffRequest, practice, csrf, editing }: Props) {
  const { sheet } = editing;
  if (sheet.history.length === 0) return null;
  const back = (to: string) => (
    <>
      <input type="hidden" name="practice" value={practice.id} />
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
                <When at={savedAt} timeZone={practice.timeZone} /> by {savedBy}
              </p>
            </div>
            {version === sheet.version || configured ? null : (
              <PostForm action={`${staffLinks.brand}/back`} csrf={csrf} confirm={`Use version ${version} again?`}>
                {back(String(version))}
                <button class="button button-small">
                  Use again<span class="hidden">: version {version}</span>
                </button>
              </PostForm>
            )}
          </li>
        ))}
      </ul>
      {sheet.saved || sheet.trouble ? (
        <PostForm
          action={`${staffLinks.brand}/back`}
          csrf={csrf}
          class="section-gap"
          confirm={`Reset the branding of ${staffRequest.practice?.name ?? 'the practice'} to the default? Saved versions stay in the list.`}
        >
          {back('configured')}
          <button class="button">Reset to the default branding</button>
        </PostForm>
      ) : null}
    </section>
  );
}
