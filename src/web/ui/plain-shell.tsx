import type { ComponentChildren } from 'preact';
import { Icon } from './icons.js';

/** One card in the middle of the page, for sign-in, first login and messages. */
export function PlainShell(props: {
  wide?: boolean;
  brand?: string;
  children: ComponentChildren;
  foot?: ComponentChildren;
}) {
  return (
    <div class={`plain${props.wide ? ' plain-wide' : ''}`}>
      <header class="plain-brand">
        <span class="mark">
          <Icon name="paw" />
        </span>
        {props.brand ?? 'Pet App'}
      </header>
      <main id="content" class="plain-card">
        {props.children}
      </main>
      {props.foot ? <footer class="plain-foot">{props.foot}</footer> : null}
    </div>
  );
}
