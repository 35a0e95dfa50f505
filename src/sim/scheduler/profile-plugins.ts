/**
 * The plugins of a profile, made once and looked up by the very profile object: plugins are code, profiles are data.
 */
import type { Profile } from './configuration.ts';
import type { Plugin } from './framework.ts';
import { type ExtensionPoint, PLUGINS } from './registry.ts';

export interface ProfilePlugins {
  readonly preEnqueue: readonly Plugin[];
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly postFilter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly Plugin[];
  readonly byName: ReadonlyMap<string, Plugin>;
}

const made = new WeakMap<Profile, ProfilePlugins>();

export function pluginsOf(profile: Profile): ProfilePlugins {
  let plugins = made.get(profile);
  if (plugins === undefined) {
    plugins = make(profile);
    made.set(profile, plugins);
  }
  return plugins;
}

function make(profile: Profile): ProfilePlugins {
  const byName = new Map<string, Plugin>();
  const at = (point: ExtensionPoint): Plugin[] =>
    profile.points[point].flatMap((name) => {
      const known = byName.get(name);
      if (known !== undefined) return [known];
      const plugin = PLUGINS.get(name)?.create(profile.args[name] ?? {});
      if (plugin === undefined) return [];
      byName.set(name, plugin);
      return [plugin];
    });
  return {
    preEnqueue: at('preEnqueue'),
    preFilter: at('preFilter'),
    filter: at('filter'),
    postFilter: at('postFilter'),
    preScore: at('preScore'),
    score: at('score'),
    byName,
  };
}
