import { stringify } from 'yaml';
import { merge } from './mapping.js';
import type { NamedColumn } from './mapped-columns.js';

/**
 * Explains how to correct a missing column: names each place of the mapping that uses it, and gives lines to paste.
 *
 * @param instead the most likely column; without one the lines show a placeholder
 */
export function renameHelp(columns: NamedColumn[], instead?: string): string {
  const places = [...new Set(columns.map(({ path }) => `\`mapping.${path}\``))].join(' and ');
  const line = pasted(columns.map((each) => each.rename(instead ?? '<column>')));
  const without = columns.flatMap((each) => each.without ?? []);
  const none = without.length < columns.length ? '' : `; if this PIMS has none, write \`${pasted(without)}\``;
  return `Name the right one as ${places}: under the practice's \`connection\` write \`${line}\`${none}.`;
}

/** Writes overrides as one line of YAML: `mapping: { clients: { emails: [E_MAIL] } }`. */
function pasted(overrides: object[]): string {
  const override = overrides.reduce((all, each) => merge(all, each) as object, {});
  const text = stringify(override, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return `mapping: ${text.replaceAll('[ ', '[').replaceAll(' ]', ']')}`;
}
