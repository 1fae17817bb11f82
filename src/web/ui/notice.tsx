import type { ComponentChildren } from 'preact';
import { Icon } from './icons.js';

export type Tone = 'good' | 'info' | 'warn' | 'bad' | 'quiet';

const icons = { good: 'check', info: 'info', warn: 'alert', bad: 'alert', quiet: 'info' } as const;

/** A message in the page: what happened, and the next step. `bad` is announced at once. */
export function Notice(props: { tone: Tone; title: string; children?: ComponentChildren }) {
  return (
    <div class={`notice tone-${props.tone}`} role={props.tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={icons[props.tone]} />
      <div>
        <p class="notice-title">{props.title}</p>
        {props.children ? <div class="notice-more">{props.children}</div> : null}
      </div>
    </div>
  );
}

/** A word about a state, coloured; the word alone says it all. */
export function Chip(props: { tone: Tone; children: ComponentChildren }) {
  return <span class={`chip tone-${props.tone}`}>{props.children}</span>;
}

/** What stands where a list would be, with what to do. */
export function Empty(props: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name="paw" />
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}
