import { stringify } from 'yaml';
import { merge } from './mapping.js';
import type { NamedColumn } from './mapped-columns.js';

/**
 * What to write for a column that is not there: each place of the mapping that names it, and lines that can be pasted.
 *
 * @param instead the column that is most likely meant; without one the line says where the name goes
 */
export function renameHelp(columns: NamedColumn[], instead?: string): string {
  const places = [...new Set(columns.map(({ path }) => `\`mapping.${path}\``))].join(' and ');
  const line = pasted(columns.map((each) => each.rename(instead ?? '<column>')));
  const without = columns.flatMap((each) => each.without ?? []);
  const none = without.length < columns.length ? '' : `; if this PIMS has none, write \`${pasted(without)}\``;
  return `Name the right one as ${places}: under the practice's \`connection\` write \`${line}\`${none}.`;
}

/** One line of YAML: `mapping: { clients: { emails: [E_MAIL] } }`. */
function pasted(overrides: object[]): string {
  const override = overrides.reduce((all, each) => merge(all, each) as object, {});
  const text = stringify(override, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return `mapping: ${text.replaceAll('[ ', '[').replaceAll(' ]', ']')}`;
}
