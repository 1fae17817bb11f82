import Handlebars from 'handlebars';
import { isOneEditApart } from '../../lib/edit-distance.js';
import { Problem } from '../../lib/problem.js';
import type { EditableText } from './editable-texts.js';
import type { MessageKind } from '../../store/db/tables.js';

/** What a text may name in double braces, for staff who write their own. */
const everywhere = ['practiceName', 'firstName', 'petNames', 'email', 'supportPhone', 'supportEmail', 'supportHours'];

/** The variables of a kind of mail. The password is not among them: it has its place, and only that one. */
export function variablesOf(kind: MessageKind): readonly string[] {
  return kind === 'practice-added' ? everywhere : [...everywhere, 'expiresOn'];
}

/**
 * Checks a practice's own text when it is saved, so that nothing can fail when an email is sent. Only plain variables
 * are allowed: no blocks, no helpers, no triple braces (they would not be escaped).
 *
 * @param support a variable of it that has no value is refused too
 * @throws Problem `mail-text-wrong`, naming the text and the variable
 */
export function checkWords(kind: MessageKind, part: keyof EditableText, source: string, support: Support): void {
  const where = `The ${part} of the ${kind} mail`;
  const allowed = variablesOf(kind);
  const list = `It may name ${allowed.map((name) => `{{${name}}}`).join(', ')}.`;
  const wrong = (message: string, cause?: unknown, help = list) =>
    new Problem({ code: 'mail-text-wrong', message: `${where} ${message}`, help, cause });
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    throw wrong('has braces that do not match.', error);
  }
  for (const statement of program.body) {
    if (statement.type === 'ContentStatement' || statement.type === 'CommentStatement') continue;
    const name = variableIn(statement);
    if (name === null) throw wrong('holds more than plain variables in double braces.');
    if (!allowed.includes(name)) {
      const meant = allowed.find((one) => one.toLowerCase() === name.toLowerCase() || isOneEditApart(one, name));
      throw wrong(`names {{${name}}}, which there is not.${meant ? ` Is {{${meant}}} meant?` : ''}`);
    }
    const lacking = lacks(name, support);
    if (lacking)
      throw wrong(`names {{${name}}}, but ${lacking}`, undefined, 'Fill that in, or take it out of the text.');
  }
}

type Support = { phone: string | null; email: string | null; hours: string | null };

/** A variable without a value would leave a hole in the sentence. */
function lacks(name: string, support: Support): string | null {
  if (name === 'supportPhone' && support.phone === null) return 'no phone is given.';
  if (name === 'supportEmail' && support.email === null) return 'no email address is given.';
  if (name === 'supportHours' && support.hours === null) return 'no hours are given.';
  return null;
}

function variableIn(statement: hbs.AST.Statement): string | null {
  if (statement.type !== 'MustacheStatement') return null;
  const { path, params, hash, escaped } = statement as hbs.AST.MustacheStatement;
  if (!escaped || params.length > 0 || (hash && hash.pairs.length > 0) || path.type !== 'PathExpression') return null;
  const { parts, depth, data, original } = path as hbs.AST.PathExpression;
  return parts.length === 1 && depth === 0 && !data && original === parts[0] ? original : null;
}

/** A text as HTML paragraphs, its variables left in: an empty line starts a paragraph, a line break stays one. */
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
