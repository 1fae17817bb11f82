import type { Client } from '../../domain/client/client.js';
import type { Connector, ConnectorContext, Page, ReadOptions } from '../contract.js';
import type { ConformanceCase, Subject } from './subject.js';
import { must, within } from './verdict.js';

/** Working material of a case: the subject's connector, opened as the engine opens it, and its log. */
export interface Bench {
  connector: Connector;
  /** Every log call as text. */
  logged: string[];
}

export const hangAfter = (subject: Subject): number => subject.hangAfterMs ?? 15_000;
export const limitOf = (subject: Subject): number => subject.limit ?? 200;

/** Opens the connector, passes it to `work`, and closes it even if `work` fails. */
export async function opened<T>(subject: Subject, settings: unknown, work: (bench: Bench) => Promise<T>): Promise<T> {
  const logged: string[] = [];
  const context: ConnectorContext = {
    practiceId: 'conformance',
    timeZone: 'UTC',
    baseDir: process.cwd(),
    ...subject.context,
    log: (message, details) => {
      logged.push(`${message} ${JSON.stringify(details ?? {})}`);
      subject.context?.log?.(message, details);
    },
  };
  const parsed = subject.definition.settings.safeParse(settings);
  must(parsed.success, `The settings are refused: ${parsed.error?.issues.map((i) => i.path.join('.')).join(', ')}.`);
  const connector = await within(hangAfter(subject), subject.definition.open(parsed.data, context), 'open()');
  try {
    const result = await work({ connector, logged });
    await within(hangAfter(subject), connector.close(), 'close()');
    return result;
  } catch (error) {
    // Report the first failure; a close that also fails or hangs adds nothing to it.
    await within(hangAfter(subject), connector.close(), 'close()').catch(() => {});
    throw error;
  }
}

/**
 * Makes a case that works with the open connector.
 *
 * @param needs reason why the case cannot run with this subject; undefined if it can
 */
export function openCase(
  subject: Subject,
  name: string,
  run: (bench: Bench) => Promise<void>,
  { settings = subject.settings, needs }: { settings?: unknown; needs?: string | false | undefined } = {},
): ConformanceCase {
  return { name, ...(needs ? { notRun: needs } : {}), run: () => opened(subject, settings, run) };
}

export interface Reading {
  /** Empty, like `clients`, if `visit` received the pages: a whole practice need not fit into memory. */
  pages: Page[];
  clients: Client[];
  /** False if `atMost` ended the read before the source did. */
  whole: boolean;
}

/** Reads page after page and checks the rules that hold for every page of every read. */
export async function read(
  subject: Subject,
  connector: Connector,
  options: Partial<ReadOptions> & { atMost?: number; visit?: (page: Page) => void } = {},
): Promise<Reading> {
  const { atMost = Infinity, visit, ...rest } = options;
  const pageSize = rest.pageSize ?? 500;
  const reading: Reading = { pages: [], clients: [], whole: false };
  const pages = connector.clients({ cursor: null, signal: new AbortController().signal, ...rest, pageSize });
  const iterator = pages[Symbol.asyncIterator]();
  const cursors = new Set<string | null>([rest.cursor ?? null]);
  let [count, number] = [0, 0];
  for (;;) {
    const step = await within(hangAfter(subject), iterator.next(), `page ${++number}`);
    if (step.done === true) break;
    const page = step.value;
    must(!reading.whole, 'A page came after the page whose cursor is null.');
    must(page.clients.length <= pageSize, `A page of ${pageSize} holds ${page.clients.length} clients.`);
    count += page.clients.length;
    if (visit) visit(page);
    else {
      reading.pages.push(page);
      reading.clients.push(...page.clients);
    }
    reading.whole = page.cursor === null;
    must(reading.whole || !cursors.has(page.cursor), `Page ${number} repeats a cursor: the read goes in circles.`);
    cursors.add(page.cursor);
    if (count >= atMost && !reading.whole) {
      await iterator.return?.();
      return reading;
    }
  }
  must(
    reading.whole,
    'The read ended without a page whose cursor is null. Only that page says that everything was read; ' +
      'an ending without it looks like a source that lost its clients.',
  );
  return reading;
}
