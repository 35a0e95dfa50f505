/** `kubectl describe` of Roles, ClusterRoles and their bindings. */
import { heading, type Subject } from './describe-source.ts';
import { objects, text } from './fields.ts';
import { compactRules, ruleCells } from './rbac-rules.ts';

export function describeRole(subject: Subject): void {
  const { w, object } = subject;
  heading(subject, false);
  w.metadata(object);
  w.write(0, 'PolicyRule:\n');
  w.row(1, 'Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs');
  w.row(1, '---------', '-----------------', '--------------', '-----');
  for (const rule of compactRules(objects(object, 'rules'))) w.row(1, ...ruleCells(rule));
}

export function describeBinding(subject: Subject): void {
  const { w, object } = subject;
  heading(subject, false);
  w.metadata(object);
  w.write(0, 'Role:\n');
  w.field('Kind', text(object, 'roleRef', 'kind'), 1);
  w.field('Name', text(object, 'roleRef', 'name'), 1);
  w.write(0, 'Subjects:\n');
  w.row(1, 'Kind', 'Name', 'Namespace');
  w.row(1, '----', '----', '---------');
  for (const each of objects(object, 'subjects'))
    w.row(1, text(each, 'kind'), text(each, 'name'), text(each, 'namespace'));
}
