import type { PetParentKind } from './message-kinds.js';

/** A rendered email. Contains the secret in plain text; it must go into the email and nowhere else. */
export interface RenderedEmail {
  subject: string;
  html: string;
  text: string;
}

/** An email as it would go out, for a made-up pet parent. */
export interface SampleEmail extends RenderedEmail {
  kind: PetParentKind;
  /** Name of the made-up case: "Two pets", "A very long surname". */
  sample: string;
}

/** One email in the branding editor. */
export interface EmailPreview extends RenderedEmail {
  from: string;
  replyTo: string | null;
}

/** Content of the branding editor before any change. */
export interface BrandingSheet {
  /** Newest version; 0 if none was ever saved. */
  version: number;
  /** Whether the newest version is the practice's own branding. */
  saved: boolean;
  /** Why the saved branding cannot be used, which pauses the practice's emails; null if it can. */
  trouble: string | null;
  /** Values by field name: `name`, `support.phone`, `brand.colour`, `texts.welcome.opening` and so on. */
  fields: Readonly<Record<string, string>>;
  logo: { url: string; uploaded: boolean } | null;
  /** Sender address of the emails. */
  from: string;
  history: { version: number; savedAt: Date; savedBy: string; configured: boolean }[];
  /** Kinds of email with the default text of each part, and the variables that a text may use in double braces. */
  texts: {
    kind: PetParentKind;
    parts: { subject: string; opening: string; closing: string };
    variables: readonly string[];
  }[];
  /** Names of the made-up people in the preview. */
  people: string[];
}

export interface BrandingDraft {
  fields: Readonly<Record<string, string>>;
  logo: 'keep' | 'address' | 'upload' | 'none';
  /** The chosen image file; empty if none was chosen. */
  upload: Buffer;
}

/** Errors of a draft by field name; each is a sentence with the next step. */
export type BrandingErrors = Readonly<Record<string, string>>;
