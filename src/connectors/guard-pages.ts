import type { z } from 'zod';
import type { Client } from '../domain/client/client.js';
import { tellItsAuthor, titleOf, type ConnectorPackage } from './connector-fault.js';
import type { Page, Unreadable } from './contract.js';
import { PimsProblem } from './errors.js';
import { clientShape, faultIn, pageShape, unreadableShape } from './shape.js';

/** More faulty rows than this on one page fail the read: the fault is then the connector's, not a row's. */
const fewOnPage = 10;
/** Limit on small pages: the faulty share of all rows read so far. */
const mostShare = 0.1;

/** Makes the problem for a result that does not match the contract. */
export function wrongShape(of: ConnectorPackage, where: string, error: z.ZodError): PimsProblem {
  return readFailed(`${titleOf(of)} gave something wrong in ${where}: ${faultIn(error)}.`);
}

function readFailed(message: string): PimsProblem {
  return new PimsProblem({ code: 'pims-read-failed', message, help: tellItsAuthor });
}

/**
 * Checks the pages of one read against the contract. A client of a wrong shape becomes an unreadable row. Many of them,
 * or a value that is no page, fail the read.
 */
export function createPageCheck(of: ConnectorPackage): (value: unknown) => Page {
  let [pages, seen, faulty] = [0, 0, 0];
  return (value) => {
    const parsed = pageShape.safeParse(value);
    if (!parsed.success) throw wrongShape(of, 'a page of clients()', parsed.error);
    const page = parsed.data;
    pages++;
    const faults: { fault: string; mayBe: string[] | null; place: string }[] = [];
    const clients: Client[] = [];
    const unreadable: Unreadable[] = [];
    for (const [at, one] of page.clients.entries()) {
      const client = clientShape.safeParse(one);
      if (client.success) clients.push(client.data);
      else {
        const key = keyOf(one);
        faults.push({
          fault: faultIn(client.error),
          mayBe: key === null ? null : [key],
          place: key ?? `client ${at + 1} of page ${pages}`,
        });
      }
    }
    for (const [at, one] of page.unreadable.entries()) {
      const row = unreadableShape.safeParse(one);
      if (row.success) unreadable.push(row.data);
      else
        faults.push({
          fault: `of an unreadable row ${faultIn(row.error)}`,
          mayBe: null,
          place: `unreadable row ${at + 1} of page ${pages}`,
        });
    }
    const twice = repeated(clients);
    for (const { pimsId } of clients)
      if (twice.has(pimsId)) faults.push({ fault: 'it comes twice on a page', mayBe: [pimsId], place: pimsId });

    seen += page.clients.length + page.unreadable.length;
    faulty += faults.length;
    if (faults.length > fewOnPage || (faulty > fewOnPage && faulty > seen * mostShare))
      throw readFailed(
        `${titleOf(of)} gave ${faulty} of ${seen} rows in a wrong shape: ${mostCommon(faults.map(({ fault }) => fault))}.`,
      );
    for (const { fault, mayBe, place } of faults)
      unreadable.push({
        reference: place,
        reason: `${fault}; a fault of connector ${of.name.slice(0, 100)}`,
        mayBe,
      });
    return { clients: clients.filter(({ pimsId }) => !twice.has(pimsId)), unreadable, cursor: page.cursor };
  };
}

/** Returns the key of a client of a wrong shape, if the key itself is valid. */
function keyOf(client: unknown): string | null {
  const key = clientShape.shape.pimsId.safeParse((client as { pimsId?: unknown } | null | undefined)?.pimsId);
  return key.success ? key.data : null;
}

function repeated(clients: readonly Client[]): Set<string> {
  const [once, twice] = [new Set<string>(), new Set<string>()];
  for (const { pimsId } of clients) (once.has(pimsId) ? twice : once).add(pimsId);
  return twice;
}

function mostCommon(faults: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
