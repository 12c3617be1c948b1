import type { ComponentChildren, VNode } from 'preact';

interface DefinitionListProps {
  readonly items: readonly (readonly [term: string, value: ComponentChildren])[];
}

/** What something is, point by point. */
export const DefinitionList = ({ items }: DefinitionListProps): VNode => (
  <dl>
    {items.map(([term, value]) => (
      <div key={term}>
        <dt>{term}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);
