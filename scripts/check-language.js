// `npm run language [files...]`: finds words that GLOSSARY.md avoids: in comments, strings and page texts of code, and
// in every line of documents. Exits with status 1 if it finds one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';
import { languageRules } from './language-rules.js';

/** Files that are about avoided words: the list, its test and the glossary. */
const aboutWords = /^(GLOSSARY\.md|scripts\/language-rules\.js|test\/scripts\/language\.test\.ts)$/;
const code = /\.(ts|tsx|js|cjs|mjs)$/;
const documents = /\.(md|yaml|yml|sh|sql)$/;

/**
 * Returns every line of human-readable text in a source file with its line number: comments, strings, templates and JSX
 * text.
 */
export function textsOfCode(source, name) {
  const { program, comments } = parseSync(name, source);
  const texts = [];
  const add = ({ start, end }) => {
    const first = source.slice(0, start).split('\n').length;
    const lines = source.slice(start, end).split('\n');
    lines.forEach((text, index) => texts.push({ line: first + index, text }));
  };
  comments.forEach(add);
  const visit = (node) => {
    if (typeof node?.type !== 'string') return;
    if (isText(node)) add(node);
    for (const [key, child] of Object.entries(node)) {
      if (key !== 'source' || !/^(Import|Export)/.test(node.type)) [child].flat().forEach(visit);
    }
  };
  visit(program);
  return texts;
}

const isText = ({ type, value }) =>
  type === 'TemplateElement' || type === 'JSXText' || (type === 'Literal' && typeof value === 'string');

/** A text without the names in it: Markdown's code spans, and the codes that SQL quotes. */
function withoutNames(text, name) {
  const isProse = !code.test(name) || /^\s*(\/\/|\/?\*)/.test(text);
  return text.replace(isProse ? /`[^`]*`/g : /'[\w-]+'/g, '');
}

/** Returns the findings of one file: the line, the words found, and the replacement. */
export function languageFindings(source, name) {
  const texts = code.test(name)
    ? textsOfCode(source, name).filter(({ text }) => /\s/.test(text.trim()))
    : source.split('\n').map((text, index) => ({ line: index + 1, text }));
  return texts.flatMap(({ line, text }) =>
    languageRules.flatMap(({ pattern, instead }) => {
      const found = pattern.exec(withoutNames(text, name));
      return found ? [{ line, found: found[0].trim(), instead }] : [];
    }),
  );
}

if (process.argv[1]?.endsWith('check-language.js')) {
  const given = process.argv.slice(2);
  const files = given.length > 0 ? given : trackedFiles();
  let count = 0;
  for (const name of files.filter((one) => (code.test(one) || documents.test(one)) && !aboutWords.test(one))) {
    for (const { line, found, instead } of languageFindings(readFileSync(name, 'utf8'), name)) {
      console.log(`${name}:${line}: "${found}": write ${instead}`);
      count += 1;
    }
  }
  if (count > 0) console.log(`${count} avoided words found; see GLOSSARY.md.`);
  process.exit(count > 0 ? 1 : 0);
}

function trackedFiles() {
  return execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .split('\0')
    .filter((name) => name !== '');
}
