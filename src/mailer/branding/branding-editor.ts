import { createHash } from 'node:crypto';
import { readPicture } from '../../lib/image.js';
import type { Actor } from '../../store/access/audit.js';
import {
  brandingHistory,
  findLogo,
  readBranding,
  saveBranding,
  type BrandingVersion,
  type Logo,
} from '../../store/messages/branding.js';
import type { Database } from '../../store/db/database.js';
import { fieldsOf, readBrandingForm, type BrandingErrors, type BrandingFields } from './branding-form.js';
import type { Brands } from './branding.js';
import { editableKinds, editableParts } from './editable-texts.js';
import type { RenderedMail, Renderer } from '../render.js';
import { checkMails, samplePeople } from './sample-emails.js';
import {
  logoIdPattern,
  savedBrandingSchema,
  withBranding,
  type PracticeMail,
  type SavedBranding,
} from '../settings.js';
import { templates } from '../compiled-templates.js';
import { variablesOf } from './custom-text.js';

const mostBytes = 200 * 1024;
const mostPixels = 3000;
const versionsShown = 20;

/** What the editor shows before anything is typed. */
export interface BrandingSheet {
  /** The newest version; 0 when nothing was ever saved. */
  version: number;
  /** Whether the newest one is a brand of the practice's own. */
  saved: boolean;
  /** Why what was saved cannot be used; mail is paused then. */
  trouble: string | null;
  fields: BrandingFields;
  /** Where the logo that counts now can be seen. */
  logo: { url: string; uploaded: boolean } | null;
  /** From which address the emails go; not to be changed here, SES must know it. */
  from: string;
  history: BrandingVersion[];
  texts: {
    kind: string;
    parts: Record<(typeof editableParts)[number], string>;
    variables: readonly string[];
  }[];
  people: string[];
}

/** What somebody typed, and the picture they chose. */
export interface BrandingDraft {
  fields: BrandingFields;
  /** `keep` the one that counts now, take the one at the `address` typed, the one of the `upload`, or have `none`. */
  logo: 'keep' | 'address' | 'upload' | 'none';
  /** Empty when nothing was chosen. */
  upload: Buffer;
}

export interface BrandingPreview extends RenderedMail {
  from: string;
  replyTo: string | null;
}

export type BrandingEditor = ReturnType<typeof createBrandingEditor>;

/** What the editor does: show, try out, save, go back. Nothing is saved that could not be sent. */
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

  /** Reads a draft whole; a new picture is measured, not stored. */
  async function read(practiceId: string, draft: BrandingDraft) {
    const errors: BrandingErrors = {};
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
    /** Null when the configuration does not know the practice. */
    async sheet(practiceId: string): Promise<BrandingSheet | null> {
      await brands.refresh({ atOnce: true });
      const base = brands.configured(practiceId);
      if (!base) return null;
      const { version, saved } = await newest(practiceId);
      // Also while it cannot be used: it is what its people have to put right.
      const mail = saved ? withBranding(base, saved, logoUrl) : base;
      return {
        version,
        saved: saved !== null,
        trouble: brands.trouble(practiceId),
        fields: fieldsOf(mail, saved),
        logo: mail.brand.logoUrl ? { url: mail.brand.logoUrl, uploaded: Boolean(saved?.logo) } : null,
        from: mail.from.address,
        history: await brandingHistory(db, practiceId, versionsShown),
        texts: editableKinds.map((kind) => {
          const { subject, opening, closing } = templates[kind];
          return { kind, parts: { subject, opening, closing }, variables: variablesOf(kind) };
        }),
        people: samplePeople.map(({ name }) => name),
      };
    },

    /** One email as it would look, for somebody made up. Nothing is stored. */
    async preview(
      practiceId: string,
      draft: BrandingDraft,
      which: { kind: string; person: number },
    ): Promise<BrandingPreview | { errors: BrandingErrors } | null> {
      const base = brands.configured(practiceId);
      if (!base) return null;
      const read_ = await read(practiceId, draft);
      if ('errors' in read_) return { errors: read_.errors ?? {} };
      const { brand, picture } = read_;
      const mail = withBranding(base, brand, (id) => (picture?.id === id ? dataUrl(picture) : logoUrl(id)));
      const kind = editableKinds.find((one) => one === which.kind) ?? 'welcome';
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
     * @param after the version the person had before them
     * @throws Problem `brand-changed-meanwhile`
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
      // The same proof that every process makes before it sends: what passes here passes there.
      await checkMails(withBranding(base, brand, logoUrl), renderer);
      const changed = changesIn(brands.current(practiceId) ?? base, withBranding(base, brand, logoUrl));
      const row = { practiceId, brand: JSON.stringify(brand), after, logo: picture, changed };
      const version = await saveBranding(db, row, actor, now);
      await brands.refresh({ atOnce: true });
      return { version };
    },

    /**
     * Saves an earlier version again as the newest, or none at all: the configured brand.
     *
     * @param back the earlier version; null for the configured brand
     * @throws Problem `brand-changed-meanwhile`, `mail-text-wrong`
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

    /** A logo for whoever asks: mail programs do, and are nobody's visit. */
    async logo(id: string): Promise<{ bytes: Buffer; type: string } | null> {
      // Anything may stand in an address; the database compares only what can be the id of a picture.
      const logo = logoIdPattern.test(id) ? await findLogo(db, id) : null;
      return logo && { bytes: logo.bytes, type: typeOf(id) };
    },
  };
}

/** Null for "the configured one", and for what this version cannot read: the editor then begins at the configuration. */
function parsed(json: string | null): SavedBranding | null {
  return json === null ? null : (savedBrandingSchema.safeParse(JSON.parse(json)).data ?? null);
}

/** The picture with its name, or why it is refused and what to do. */
function measured(bytes: Buffer): Logo | string {
  if (bytes.length === 0) return 'Please choose a picture.';
  if (bytes.length > mostBytes)
    return `This picture has ${Math.ceil(bytes.length / 1024)} KB. Please make it smaller: at most ${mostBytes / 1024} KB.`;
  const found = readPicture(bytes);
  if (typeof found === 'string')
    return `This is ${found}. Mail programs show PNG, JPEG and GIF: please save it as PNG.`;
  const { type, width, height } = found;
  if (width > mostPixels || height > mostPixels)
    return `This picture has ${width} by ${height} pixels. Please make it smaller: at most ${mostPixels} either way.`;
  return {
    id: `${createHash('sha256').update(bytes).digest('hex').slice(0, 40)}.${type}`,
    bytes,
    width,
    height,
  };
}

const typeOf = (id: string): string => `image/${id.endsWith('.jpg') ? 'jpeg' : id.slice(-3)}`;
const dataUrl = ({ id, bytes }: Logo): string => `data:${typeOf(id)};base64,${bytes.toString('base64')}`;

/** Which parts changed, for the audit trail. */
function changesIn(before: PracticeMail, after: PracticeMail): string {
  const parts: Record<string, (mail: PracticeMail) => unknown> = {
    name: ({ name, from }) => [name, from.name],
    logo: ({ brand }) => brand.logoUrl,
    colours: ({ brand }) => [brand.colour, brand.textColour, brand.bandColour],
    'reply-to': ({ replyTo }) => replyTo,
    support: ({ support }) => [support.phone, support.email, support.hours],
    ...Object.fromEntries(
      editableKinds.map((kind) => [
        `${kind} mail`,
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
