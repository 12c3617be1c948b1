import type { VNode } from 'preact';
import type { OpsProblem } from '../http/problem.js';
import { useFrame } from './frame.js';
import { LAYOUT } from './words.js';

/** What a page that says no has to say. */
export function ProblemView({ problem }: { readonly problem: OpsProblem }): VNode {
  const { lang, user } = useFrame();
  return (
    <>
      <p>{problem.about.advice[lang]}</p>
      <p>
        <a href="/ops">{user === null ? LAYOUT.signIn[lang] : LAYOUT.home[lang]}</a>
      </p>
    </>
  );
}
