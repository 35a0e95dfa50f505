import { defineKind, type Kind } from '../kind.ts';

/** Asked and answered, never stored: who is this, and may they? */
function review(group: string, kind: string, plural: string, schema: string, namespaced = false): Kind {
  const stored = false;
  return defineKind({ group, kind, plural, schema, namespaced, stored, verbs: ['create'], validateName: anyName });
}

function anyName(): readonly string[] {
  return [];
}

export const tokenreviews = review(
  'authentication.k8s.io',
  'TokenReview',
  'tokenreviews',
  'authentication.TokenReview',
);
export const selfsubjectreviews = review(
  'authentication.k8s.io',
  'SelfSubjectReview',
  'selfsubjectreviews',
  'authentication.SelfSubjectReview',
);
export const subjectaccessreviews = review(
  'authorization.k8s.io',
  'SubjectAccessReview',
  'subjectaccessreviews',
  'authorization.SubjectAccessReview',
);
export const selfsubjectaccessreviews = review(
  'authorization.k8s.io',
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
  'authorization.SelfSubjectAccessReview',
);
export const selfsubjectrulesreviews = review(
  'authorization.k8s.io',
  'SelfSubjectRulesReview',
  'selfsubjectrulesreviews',
  'authorization.SelfSubjectRulesReview',
);
export const localsubjectaccessreviews = review(
  'authorization.k8s.io',
  'LocalSubjectAccessReview',
  'localsubjectaccessreviews',
  'authorization.LocalSubjectAccessReview',
  true,
);
