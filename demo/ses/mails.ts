import PostalMime, { decodeWords, type Attachment } from 'postal-mime';
import { headerValues, type Header } from './headers.js';

/** One event of an email, and whether the subscriber accepted it. */
export interface MailEvent {
  type: string;
  at: Date;
  recipients: string[];
  notified: 'nobody-listens' | 'waiting' | 'taken' | 'failed';
}

/** An accepted email, as received. */
export interface AcceptedMail {
  /** Sequence number in order of acceptance, from 1. */
  id: number;
  /** The message id in the answer of the endpoint. */
  messageId: string;
  at: Date;
  source: string;
  /** The bare addresses of the envelope. */
  destinations: string[];
  tags: Record<string, string>;
  configurationSet: string | undefined;
  headers: Header[];
  raw: Buffer;
  events: MailEvent[];
}

/** The content of an email, parsed from its MIME. */
export interface MailContent {
  subject: string;
  text: string | undefined;
  html: string | undefined;
  attachments: Attachment[];
}

export type MailStore = ReturnType<typeof createMailStore>;

/** Creates a store that keeps the newest emails in memory, within both limits. */
export function createMailStore(bounds: { mails: number; bytes: number }) {
  const mails = new Map<number, AcceptedMail>();
  let oldestId = 1;
  let lastId = 0;
  let bytes = 0;

  function* newestFirst(): Generator<AcceptedMail> {
    for (let id = lastId; id >= oldestId; id -= 1) yield mails.get(id)!;
  }

  return {
    add(mail: Omit<AcceptedMail, 'id' | 'events'>): AcceptedMail {
      lastId += 1;
      const kept: AcceptedMail = { ...mail, id: lastId, events: [] };
      mails.set(kept.id, kept);
      bytes += kept.raw.length;
      while (mails.size > 1 && (mails.size > bounds.mails || bytes > bounds.bytes)) {
        bytes -= mails.get(oldestId)!.raw.length;
        mails.delete(oldestId);
        oldestId += 1;
      }
      return kept;
    },
    get: (id: number): AcceptedMail | undefined => mails.get(id),
    /** Lists all emails, newest first. */
    all: (): AcceptedMail[] => [...newestFirst()],
    /** Lists the emails whose envelope names the address, regardless of case, newest first. */
    to(address: string): AcceptedMail[] {
      const wanted = address.toLowerCase();
      return [...newestFirst()].filter((mail) => mail.destinations.some((one) => one.toLowerCase() === wanted));
    },
    /** Returns one page of the emails whose recipients or subject contain the search text, newest first. */
    page(search: string, offset: number, limit: number): { total: number; mails: AcceptedMail[] } {
      const wanted = search.trim().toLowerCase();
      if (wanted === '') return { total: mails.size, mails: taken(newestFirst(), offset, limit) };
      const found = [...newestFirst()].filter(
        (mail) =>
          mail.destinations.some((one) => one.toLowerCase().includes(wanted)) ||
          subjectOf(mail).toLowerCase().includes(wanted),
      );
      return { total: found.length, mails: found.slice(offset, offset + limit) };
    },
    clear(): void {
      mails.clear();
      oldestId = lastId + 1;
      bytes = 0;
    },
    size: (): number => mails.size,
  };
}

/** Decodes the subject from the headers alone. */
export function subjectOf(mail: AcceptedMail): string {
  return decodeWords(headerValues(mail.headers, 'Subject')[0] ?? '');
}

/** Parses the parts of an email; only on demand, because accepting must stay fast. */
export async function readMail(mail: AcceptedMail): Promise<MailContent> {
  const parsed = await PostalMime.parse(mail.raw);
  return {
    subject: parsed.subject ?? '',
    text: parsed.text,
    html: parsed.html,
    attachments: parsed.attachments,
  };
}

function taken<T>(items: Iterable<T>, offset: number, limit: number): T[] {
  const page: T[] = [];
  let index = 0;
  for (const item of items) {
    if (index >= offset + limit) break;
    if (index >= offset) page.push(item);
    index += 1;
  }
  return page;
}
