import { Component, type ComponentChildren } from 'preact';

interface CardProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** A block of the page under a title; what breaks in it stays in it. */
export const Card = ({ title, note, tools, wide, children }: CardProps) => (
  <section class={wide ? 'card wide' : 'card'} aria-label={title}>
    <header>
      <h2>{title}</h2>
      <span class="notes quiet small">{note}</span>
      {tools}
    </header>
    <Guard>{children}</Guard>
  </section>
);

/** Shows what is in it, or says that it cannot be shown. */
export class Guard extends Component<{ readonly children: ComponentChildren }, { readonly broken: boolean }> {
  static override getDerivedStateFromError = () => ({ broken: true });

  override render() {
    if (this.state.broken)
      return <p class="quiet">This block cannot be shown; the rest of the page is as it should be.</p>;
    return this.props.children;
  }
}
