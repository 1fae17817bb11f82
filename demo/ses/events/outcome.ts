import type { LocalSesSettings, Outcome } from '../options.js';

/** Returns the outcomes of an email to this address, in order. */
export type OutcomeOf = (address: string) => Outcome | Outcome[];

/** Addresses of the mailbox simulator (dg/send-an-email-from-console); each also works with a label: bounce+7@. */
const simulator: Record<string, Outcome> = {
  success: 'delivery',
  bounce: 'bounce',
  complaint: 'complaint',
  suppressionlist: 'suppressed',
  ooto: 'out-of-office',
};

/** Decides the outcome: the simulator's addresses first, then the rules, otherwise delivery. */
export function outcomeByRules(rules: LocalSesSettings['outcomes'], address: string): Outcome | Outcome[] {
  const simulated = /^([a-z]+)(?:\+[^@]*)?@simulator\.amazonses\.com$/i.exec(address)?.[1]?.toLowerCase();
  if (simulated) return simulator[simulated] ?? 'bounce';
  return rules.find((rule) => matches(rule.address, address))?.outcome ?? 'delivery';
}

function matches(pattern: string, address: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`, 'i').test(address);
}
