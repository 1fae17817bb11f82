import { createHash } from 'node:crypto';
import type { BrandingDraft, BrandingErrors, BrandingSheet, EmailPreview } from '../../domain/message/branding.js';
import { petParentKinds } from '../../domain/message/message-kinds.js';
import { readPicture } from '../../lib/image.js';
import type { Actor } from '../../store/access/audit.js';
import { brandingHistory, findLogo, readBranding, saveBranding, type Logo } from '../../store/messages/branding.js';
import type { Database } from '../../store/db/database.js';
import { fieldsOf, readBrandingForm } from './branding-form.js';
import type { Brands } from './branding.js';
import type { Renderer } from '../render.js';
import { checkMails, samplePeople } from './sample-emails.js';
import {
  logoIdPattern,
  savedBrandingSchema,
  withBranding,
  type PracticeMail,
  type SavedBranding,
} from '../settings.js';
import { templates } from '../templates/templates.js';
import { editableParts, variablesOf } from './custom-text.js';

const mostBytes = 200 * 1024;
const mostPixels = 3000;
const versionsShown = 20;

/**
 * Shows, previews, saves and restores a practice's branding. Never saves branding that an email could not be rendered
 * with.
 */
export function createBrandingEditor(deps: {
  db: Database;
  brands: Brands;
  renderer: Renderer;
  logoUrl(id: string): string;
}) {
  const { db, brands, renderer, logoUrl } = deps;

  async function newest(practiceId: string): Promise<{ version: number; saved: SavedBranding | null }> {
    const kept = await readBranding(db, practiceId);
    return { version: kept?.version ?? 0, saved: parsed(kept?.brand ?? null) };
  }

  /** Validates a whole draft. Measures a new image, but does not store it. */
  async function read(practiceId: string, draft: BrandingDraft) {
    const errors: Record<string, string> = {};
    let logo: SavedBranding['logo'] = null;
    let picture: Logo | null = null;
    let fields = draft.fields;
    if (draft.logo !== 'address') fields = { ...fields, 'brand.logoUrl': '' };
    if (draft.logo === 'keep') {
      const { saved } = await newest(practiceId);
      logo = saved?.logo ?? null;
      const url = saved ? saved.brand.logoUrl : (brands.configured(practiceId)?.brand.logoUrl ?? null);
      if (!logo && url) fields = { ...fields, 'brand.logoUrl': url };
    }
    if (draft.logo === 'upload') {
      const found = measured(draft.upload);
      if (typeof found === 'string') errors['logo'] = found;
      else {
        picture = found;
        logo = { id: found.id, width: found.width, height: found.height };
      }
    }
    const result = readBrandingForm(fields, logo);
    if ('errors' in result) Object.assign(errors, result.errors);
    return 'brand' in result && !errors['logo'] ? { brand: result.brand, picture } : { errors };
  }

  return {
    /** Null if the practice is not configured. */
    async sheet(practiceId: string): Promise<BrandingSheet | null> {
      await brands.refresh({ atOnce: true });
      const base = brands.configured(practiceId);
      if (!base) return null;
      const { version, saved } = await newest(practiceId);
      // Shown even while it cannot be used, so that staff can correct it.
      const mail = saved ? withBranding(base, saved, logoUrl) : base;
      return {
        version,
        saved: saved !== null,
        trouble: brands.trouble(practiceId),
        fields: fieldsOf(mail, saved),
        logo: mail.brand.logoUrl ? { url: mail.brand.logoUrl, uploaded: Boolean(saved?.logo) } : null,
        from: mail.from.address,
        history: await brandingHistory(db, practiceId, versionsShown),
        texts: petParentKinds.map((kind) => {
          const { subject, opening, closing } = templates[kind];
          return { kind, parts: { subject, opening, closing }, variables: variablesOf(kind) };
        }),
        people: samplePeople.map(({ name }) => name),
      };
    },

    /** Renders one email for a sample person. Stores nothing. */
    async preview(
      practiceId: string,
      draft: BrandingDraft,
      which: { kind: string; person: number },
    ): Promise<EmailPreview | { errors: BrandingErrors } | null> {
      const base = brands.configured(practiceId);
      if (!base) return null;
      const read_ = await read(practiceId, draft);
      if ('errors' in read_) return { errors: read_.errors ?? {} };
      const { brand, picture } = read_;
      const mail = withBranding(base, brand, (id) => (picture?.id === id ? dataUrl(picture) : logoUrl(id)));
      const kind = petParentKinds.find((one) => one === which.kind) ?? 'welcome';
      const { person } = samplePeople[which.person] ?? (samplePeople[0] as (typeof samplePeople)[number]);
      const { name, address } = mail.from;
      return {
        ...(await renderer.render(mail, kind, person)),
        from: `${name} <${address}>`,
        replyTo: mail.replyTo,
      };
    },

    /**
     * Saves a draft as the next version.
     *
     * @param after the version the draft is based on
     * @throws Problem `branding-changed-meanwhile`
     */
    async save(
      practiceId: string,
      draft: BrandingDraft,
      after: number,
      actor: Actor,
      now: Date,
    ): Promise<{ version: number } | { errors: BrandingErrors } | null> {
      const base = brands.configured(practiceId);
      if (!base) return null;
      const read_ = await read(practiceId, draft);
      if ('errors' in read_) return { errors: read_.errors ?? {} };
      const { brand, picture } = read_;
      // The same check every process makes before it sends.
      await checkMails(withBranding(base, brand, logoUrl), renderer);
      const changed = changesIn(brands.current(practiceId) ?? base, withBranding(base, brand, logoUrl));
      const row = { practiceId, brand: JSON.stringify(brand), after, logo: picture, changed };
      const version = await saveBranding(db, row, actor, now);
      await brands.refresh({ atOnce: true });
      return { version };
    },

    /**
     * Restores an earlier version as the newest one, or the configured branding.
     *
     * @param back the earlier version; null for the configured branding
     * @throws Problem `branding-changed-meanwhile`, `email-text-wrong`
     */
    async goBack(practiceId: string, back: number | null, after: number, actor: Actor, now: Date): Promise<boolean> {
      const base = brands.configured(practiceId);
      const kept = back === null ? null : await readBranding(db, practiceId, back);
      if (!base || (back !== null && !kept)) return false;
      const saved = parsed(kept?.brand ?? null);
      if (saved) await checkMails(withBranding(base, saved, logoUrl), renderer);
      const changed = back === null ? 'everything' : `as in version ${back}`;
      const brand = saved && JSON.stringify(saved);
      await saveBranding(db, { practiceId, brand, after, logo: null, changed }, actor, now);
      await brands.refresh({ atOnce: true });
      return true;
    },

    /** Returns a logo. Needs no sign-in, because email programs fetch it. */
    async logo(id: string): Promise<{ bytes: Buffer; type: string } | null> {
      // The id comes from the URL; query the database only for well-formed ids.
      const logo = logoIdPattern.test(id) ? await findLogo(db, id) : null;
      return logo && { bytes: logo.bytes, type: typeOf(id) };
    },
  };
}

/**
 * Null for the configured branding and for saved branding that this version cannot read; the editor then starts from
 * the configuration.
 */
function parsed(json: string | null): SavedBranding | null {
  return json === null ? null : (savedBrandingSchema.safeParse(JSON.parse(json)).data ?? null);
}

/** Returns the measured image, or a sentence that says why it is refused and what to do. */
function measured(bytes: Buffer): Logo | string {
  if (bytes.length === 0) return 'Please choose an image.';
  if (bytes.length > mostBytes)
    return `This image is ${Math.ceil(bytes.length / 1024)} KB. Please make it smaller: at most ${mostBytes / 1024} KB.`;
  const found = readPicture(bytes);
  if (typeof found === 'string')
    return `This is ${found}. Email programs show PNG, JPEG and GIF: please save it as PNG.`;
  const { type, width, height } = found;
  if (width > mostPixels || height > mostPixels)
    return `This image is ${width} by ${height} pixels. Please make it smaller: at most ${mostPixels} by ${mostPixels}.`;
  return {
    id: `${createHash('sha256').update(bytes).digest('hex').slice(0, 40)}.${type}`,
    bytes,
    width,
    height,
  };
}

const typeOf = (id: string): string => `image/${id.endsWith('.jpg') ? 'jpeg' : id.slice(-3)}`;
const dataUrl = ({ id, bytes }: Logo): string => `data:${typeOf(id)};base64,${bytes.toString('base64')}`;

/** Names the changed parts for the audit trail. */
function changesIn(before: PracticeMail, after: PracticeMail): string {
  const parts: Record<string, (mail: PracticeMail) => unknown> = {
    name: ({ name, from }) => [name, from.name],
    logo: ({ brand }) => brand.logoUrl,
    colours: ({ brand }) => [brand.colour, brand.textColour, brand.bandColour],
    'reply-to': ({ replyTo }) => replyTo,
    support: ({ support }) => [support.phone, support.email, support.hours],
    ...Object.fromEntries(
      petParentKinds.map((kind) => [
        `${kind} email`,
        ({ texts }: PracticeMail) => editableParts.map((part) => texts[kind]?.[part]),
      ]),
    ),
  };
  const differ = Object.keys(parts).filter((name) => {
    const of = parts[name] as (mail: PracticeMail) => unknown;
    return JSON.stringify(of(before)) !== JSON.stringify(of(after));
  });
  return differ.join(', ') || 'nothing';
}
