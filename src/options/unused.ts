import { OPTIONS, type OptionName, type Options } from '../options.js';
import { flagOf } from './describe.js';

/** An option that is set, and has no effect without another one. */
export interface UnusedOption {
  readonly option: string;
  readonly needs: string;
}

const NEEDS: Partial<Record<OptionName, OptionName>> = {
  clusterName: 'cluster',
  clusterCreds: 'cluster',
  clusterReplicas: 'cluster',
  node: 'cluster',
  nodeUrl: 'cluster',
  letters: 'cluster',
  workerPort: 'workers',
};

/** The options that are set without the one that they need, by their flags. */
export function unusedOptions(options: Options): UnusedOption[] {
  const isDefault = (name: OptionName): boolean => options[name] === OPTIONS[name].default;
  return Object.entries(NEEDS).flatMap(([option, needs]) =>
    isDefault(option as OptionName) || !isDefault(needs)
      ? []
      : [{ option: flagOf(option as OptionName), needs: flagOf(needs) }],
  );
}
