import Handlebars from 'handlebars';
import { messageKinds, type PetParentKind } from '../../domain/message/message-kinds.js';
import { isOneEditApart } from '../../lib/edit-distance.js';
import { Problem } from '../../lib/problem.js';

/** Parts of an email to pet parents that a practice may change. */
export const editableParts = ['subject', 'opening', 'closing'] as const;

/** A practice's own texts; a part that is left out uses the default text. */
export interface EditableText {
  subject?: string | undefined;
  opening?: string | undefined;
  closing?: string | undefined;
}

export type EditableTexts = Partial<Record<PetParentKind, EditableText>>;

/** Variables that staff may use in every text, in double braces. */
const everywhere = ['practiceName', 'firstName', 'petNames', 'email', 'supportPhone', 'supportEmail', 'supportHours'];

/** Variables of a kind of email. The password is excluded: only the template may place it. */
export function variablesOf(kind: PetParentKind): readonly string[] {
  return messageKinds[kind].secret ? [...everywhere, 'expiresOn'] : everywhere;
}

/**
 * Checks a practice's own text when it is saved, so that sending cannot fail because of it. Allows plain variables
 * only: no blocks, no helpers, no triple braces (they would not be escaped).
 *
 * @param support a variable without a value here is refused too
 * @throws Problem `email-text-wrong`, naming the text and the variable
 */
export function checkWords(kind: PetParentKind, part: keyof EditableText, source: string, support: Support): void {
  const where = `The ${part} of the ${kind} email`;
  const allowed = variablesOf(kind);
  const list = `It may use ${allowed.map((name) => `{{${name}}}`).join(', ')}.`;
  const wrong = (message: string, cause?: unknown, help = list) =>
    new Problem({ code: 'email-text-wrong', message: `${where} ${message}`, help, cause });
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    throw wrong('has braces that do not match.', error);
  }
  for (const statement of program.body) {
    if (statement.type === 'ContentStatement' || statement.type === 'CommentStatement') continue;
    const name = variableIn(statement);
    if (name === null) throw wrong('may use only plain variables in double braces.');
    if (!allowed.includes(name)) {
      const meant = allowed.find((one) => one.toLowerCase() === name.toLowerCase() || isOneEditApart(one, name));
      throw wrong(`uses {{${name}}}, which does not exist.${meant ? ` Did you mean {{${meant}}}?` : ''}`);
    }
    const lacking = lacks(name, support);
    if (lacking)
      throw wrong(`uses {{${name}}}, but ${lacking}`, undefined, 'Fill that in, or remove the variable from the text.');
  }
}

type Support = { phone: string | null; email: string | null; hours: string | null };

/** Says which value is missing; a variable without one would leave a gap in the sentence. */
function lacks(name: string, support: Support): string | null {
  if (name === 'supportPhone' && support.phone === null) return 'no phone number is set.';
  if (name === 'supportEmail' && support.email === null) return 'no email address is set.';
  if (name === 'supportHours' && support.hours === null) return 'no hours are set.';
  return null;
}

function variableIn(statement: hbs.AST.Statement): string | null {
  if (statement.type !== 'MustacheStatement') return null;
  const { path, params, hash, escaped } = statement as hbs.AST.MustacheStatement;
  if (!escaped || params.length > 0 || (hash && hash.pairs.length > 0) || path.type !== 'PathExpression') return null;
  const { parts, depth, data, original } = path as hbs.AST.PathExpression;
  return parts.length === 1 && depth === 0 && !data && original === parts[0] ? original : null;
}

/**
 * Converts a text to HTML paragraphs and keeps its variables. An empty line starts a paragraph, a line break becomes
 * `<br>`.
 */
export function asHtml(source: string): string {
  return source
    .trim()
    .split(/\n\s*\n/)
    .map((part) => `<p style="margin:0 0 12px">${escaped(part).replaceAll('\n', '<br>')}</p>`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
