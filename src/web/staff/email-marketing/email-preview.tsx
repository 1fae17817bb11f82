import { DetailsHead } from '../shell/details-head.js';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Problem } from '../../../lib/problem.js';
import { messageKinds } from '../../../domain/message/message-kinds.js';
import type { SampleEmail } from '../../../domain/message/branding.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { sendFrame } from './email-frame.js';
import { may } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { usePractice, useStaffRequest } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

const previewQuery = z.object({ at: z.coerce.number().int().min(0).max(999).catch(0).default(0) });

/** Previews the practice's emails for made-up people. Sends nothing and contains no real data. */
export function mailPreviewPages(app: FastifyInstance, deps: WebDeps): void {
  const { mailSamples } = deps;
  if (!mailSamples) return;

  const samplesOf = async (practiceId: string): Promise<SampleEmail[]> => {
    const samples = await mailSamples(practiceId);
    if (samples.length > 0) return samples;
    throw new Problem({ code: 'not-found', message: 'No emails are configured for this practice.' });
  };

  app.get(staffLinks.preview, async (request, reply) => {
    const { practice, allowed, staff } = staffRequestOf(request);
    if (!practice) return reply.redirect(staffLinks.petParents);
    const samples = await samplesOf(allowed.require(practice.id));
    const { at } = parse(previewQuery, request.query);
    const mayEdit = deps.branding !== undefined && may(staff.role, 'edit-branding');
    return sendHtml(reply, <PreviewPage samples={samples} at={Math.min(at, samples.length - 1)} mayEdit={mayEdit} />);
  });

  app.get('/staff/email-marketing/preview/:practice/:at', async (request, reply) => {
    const { allowed } = staffRequestOf(request);
    const { practice, at } = request.params as { practice: string; at: string };
    const sample = (await samplesOf(allowed.require(practice)))[Number(at)];
    if (!sample) throw new Problem({ code: 'not-found', message: 'There is no such email.' });
    return sendFrame(reply, sample.html, deps.settings.origin);
  });
}

function PreviewPage({ samples, at, mayEdit }: { samples: SampleEmail[]; at: number; mayEdit: boolean }) {
  const practice = usePractice();
  const shown = samples[at] as SampleEmail;
  const here = practiceQuery(useStaffRequest());
  return (
    <StaffShell tab="email-marketing" title="Email preview">
      <DetailsHead
        parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }}
        here="Email preview"
        title="Email preview"
        action={
          mayEdit ? (
            <a class="button" href={withQuery(staffLinks.branding, here)}>
              Edit branding and texts
            </a>
          ) : null
        }
      >
        The emails that pet parents of {practice.name} receive. The people are made up.
      </DetailsHead>
      <form class="preview-picker" action={staffLinks.preview} data-submit-on-change>
        {here.practice ? <input type="hidden" name="practice" value={here.practice} /> : null}
        <label for="at">Email and person</label>
        <select id="at" name="at">
          {samples.map((sample, index) => (
            <option key={index} value={index} selected={index === at}>
              {messageKinds[sample.kind].name}: {sample.sample}
            </option>
          ))}
        </select>
        <button class="button">Show</button>
      </form>
      <dl class="facts section-gap">
        <div>
          <dt>Subject</dt>
          <dd>
            <strong>{shown.subject}</strong>
          </dd>
        </div>
      </dl>
      <div class="preview">
        <iframe title="The email" src={`/staff/email-marketing/preview/${practice.id}/${at}`} sandbox="" />
        <details class="card">
          <summary>As plain text</summary>
          <pre>{shown.text}</pre>
        </details>
      </div>
    </StaffShell>
  );
}
