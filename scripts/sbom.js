// `npm run sbom`: prints the bill of materials of what ships, in CycloneDX. `npm sbom --omit dev` would also leave out a
// package that both the product and a development tool depend on.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const json = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const bill = JSON.parse(json);
const dependsOn = new Map(bill.dependencies.map((each) => [each.ref, each.dependsOn ?? []]));

/** Tells whether a reference such as `jest@30.5.2` is one of our development tools. */
const isTool = (ref) => Object.hasOwn(devDependencies, ref.replace(/@[^@]*$/, ''));

const ships = new Set();
const waiting = [bill.metadata.component['bom-ref']];
for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
  if (ships.has(ref) || isTool(ref)) continue;
  ships.add(ref);
  waiting.push(...(dependsOn.get(ref) ?? []));
}
bill.components = bill.components.filter((component) => ships.has(component['bom-ref']));
bill.dependencies = [...ships].map((ref) => ({ ref, dependsOn: dependsOn.get(ref).filter((one) => ships.has(one)) }));
console.log(JSON.stringify(bill, null, 2));
