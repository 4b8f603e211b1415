/** The profiles of the regions: EVENT_CONFIGS__<region>__profile. */
import { UsageError } from '../errors.js';
import { loadProfile, profileNameProblem, type Profile } from '../profile/profile.js';

export const DEFAULT_PROFILE = 'generic';

/** Loads profiles by name or path, each once, so that regions that share one do not repeat its problems; a wrong name is told to `problem`. */
export function profileLoader(
  directory: string | undefined,
  problems: string[],
): (nameOrPath: string, problem: (what: string) => void) => Profile {
  const loaded = new Map<string, Profile>();
  return (nameOrPath, problem) => {
    const wrong = profileNameProblem(nameOrPath);
    if (wrong !== null) problem(wrong);
    const name = wrong === null ? nameOrPath : DEFAULT_PROFILE;
    const profile = loaded.get(name) ?? load(name, directory, problems);
    loaded.set(name, profile);
    return profile;
  };
}

function load(nameOrPath: string, directory: string | undefined, problems: string[]): Profile {
  try {
    return loadProfile(nameOrPath, directory);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push(...error.problems);
    return loadProfile(DEFAULT_PROFILE);
  }
}
