import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { h } from 'preact';
import { z } from 'zod';
import { isProblem, Problem } from '../../../lib/problem.js';
import type { BrandingDraft } from '../../../domain/message/branding.js';
import type { BrandingEditor, WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { draftOf, takeMultipart } from './branding-body.js';
import { fieldLabel, type Editing } from './editing.js';
import { BrandingPage } from './branding-page.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { sendFrame, textFrame, withHead } from '../email-marketing/email-frame.js';
import { redirectWithProblem, redirectWithMessage } from '../flash/flash-messages.js';
import { staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';

const whichMail = z.object({
  kind: z.string().max(40).catch('welcome').default('welcome'),
  person: z.coerce.number().int().min(0).max(99).catch(0).default(0),
  as: z.enum(['mail', 'text']).catch('mail').default('mail'),
});

const version = z.coerce.number().int().min(0);

/**
 * Serves Marketing > Email Marketing > Branding: look and texts of a practice's emails, for owners and managers. Unsaved
 * changes can be previewed: the form is posted into the frame beside it, which needs no script.
 */
export async function brandingPages(signedIn: FastifyInstance, deps: WebDeps): Promise<void> {
  const { branding, clock, settings } = deps;
  if (!branding) return;

  /** Returns the requested practice. @throws Problem if it is not one of the visitor's */
  const editorOf = (request: FastifyRequest): { staffRequest: StaffRequest; practice: PracticeChoice } => {
    const staffRequest = staffRequestOf(request, 'edit-branding');
    const { practice: named } = { ...(request.query as object), ...(request.body as object) } as {
      practice?: unknown;
    };
    if (typeof named === 'string') staffRequest.allowed.require(named);
    if (!staffRequest.practice) throw new Problem({ code: 'not-found', message: 'You belong to no practice.' });
    return { staffRequest, practice: staffRequest.practice };
  };

  const sheetOf = async (practiceId: string) => {
    const sheet = await branding.sheet(practiceId);
    if (sheet) return sheet;
    throw new Problem({ code: 'not-found', message: 'No emails are configured for this practice.' });
  };

  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: { draft: BrandingDraft; errors: Editing['errors']; meanwhile?: boolean } | null,
  ) => {
    const { practice } = editorOf(request);
    const sheet = await sheetOf(practice.id);
    const editing: Editing = typed
      ? { sheet, fields: typed.draft.fields, logo: typed.draft.logo, errors: typed.errors }
      : { sheet, fields: sheet.fields, logo: sheet.logo ? 'keep' : 'none', errors: {} };
    return sendHtml(reply, <BrandingPage editing={editing} meanwhile={typed?.meanwhile ?? false} />, {
      status: typed ? (typed.meanwhile ? 409 : 422) : 200,
    });
  };

  const preview = async (
    reply: FastifyReply,
    practiceId: string,
    draft: BrandingDraft,
    which: z.output<typeof whichMail>,
  ) => {
    const shown = await branding.preview(practiceId, draft, which);
    if (!shown) throw new Problem({ code: 'not-found', message: 'There is no such email.' });
    return sendFrame(reply, frameOf(shown, which.as), settings.origin);
  };

  signedIn.get(staffLinks.branding, async (request, reply) => show(request, reply, null));

  signedIn.get(`${staffLinks.branding}/preview`, async (request, reply) => {
    const { practice } = editorOf(request);
    const { fields } = await sheetOf(practice.id);
    const draft = { fields, logo: 'keep', upload: Buffer.alloc(0) } as const;
    return preview(reply, practice.id, draft, parse(whichMail, request.query));
  });

  await signedIn.register(async (forms) => {
    await takeMultipart(forms);

    forms.post(staffLinks.branding, async (request, reply) => {
      const { staffRequest, practice } = editorOf(request);
      const { after } = parse(z.object({ after: version }), request.body);
      const draft = draftOf(request.body);
      try {
        const saved = await branding.save(practice.id, draft, after, staffRequest.actor, clock());
        if (!saved) throw new Problem({ code: 'not-found', message: 'No emails are configured for this practice.' });
        if ('errors' in saved) return await show(request, reply, { draft, errors: saved.errors });
        return redirectWithMessage(
          reply,
          withQuery(staffLinks.branding, practiceQuery(staffRequest)),
          'branding-saved',
        );
      } catch (error) {
        if (!isProblem(error, 'branding-changed-meanwhile')) throw error;
        return show(request, reply, { draft, errors: {}, meanwhile: true });
      }
    });

    forms.post(`${staffLinks.branding}/preview`, async (request, reply) => {
      const { practice } = editorOf(request);
      return preview(reply, practice.id, draftOf(request.body), parse(whichMail, request.body));
    });
  });

  signedIn.post(`${staffLinks.branding}/back`, async (request, reply) => {
    const { staffRequest, practice } = editorOf(request);
    const form = parse(z.object({ after: version, to: z.union([z.literal('configured'), version]) }), request.body);
    const back = form.to === 'configured' ? null : form.to;
    const here = withQuery(staffLinks.branding, practiceQuery(staffRequest));
    return redirectWithProblem(reply, here, async () => {
      const found = await branding.goBack(practice.id, back, form.after, staffRequest.actor, clock());
      if (!found) throw new Problem({ code: 'not-found', message: 'There is no such version.' });
      return redirectWithMessage(reply, here, back === null ? 'branding-restored' : 'branding-saved');
    });
  });
}

type Shown = NonNullable<Awaited<ReturnType<BrandingEditor['preview']>>>;

function frameOf(shown: Shown, as: 'mail' | 'text'): string {
  if ('errors' in shown) {
    const items = Object.entries(shown.errors).map(([name, message]) =>
      h('li', null, [h('strong', null, fieldLabel(name)), ': ', message]),
    );
    return textFrame('Not ready', 'en', [h('p', null, 'This email cannot be sent yet:'), h('ul', null, items)]);
  }
  const { subject, from, replyTo } = shown;
  const rows = [['From', from], ...(replyTo ? [['Reply-to', replyTo] as const] : []), ['Subject', subject]] as const;
  if (as === 'mail') return withHead(shown.html, rows);
  const head = rows.map(([name, value]) => `${name}: ${value}`).join('\n');
  return textFrame(subject, 'en', h('pre', null, `${head}\n\n${shown.text}`));
}
