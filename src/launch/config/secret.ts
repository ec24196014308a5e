import { inspect } from 'node:util';
import { ConfigError, expected, type Place } from './config-error.js';
import { object, type ReadContext, required, type Shape, text } from './shape.js';

/** A secret. Only `reveal` returns it; logs, errors and JSON do not show it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

const fromFile = object({ file: required(text(4096), 'A file with the secret.') });
const fromVariable = object({
  variable: required(
    text(256, { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, what: 'the name of a variable' }),
    "A variable of the relay's environment with the secret.",
  ),
});

/** A reference to a secret. It is never in the configuration itself, which people copy into bug reports. */
export const secret: Shape<Secret> = {
  schema: { oneOf: [fromFile.schema, fromVariable.schema] },
  read(value, place, context) {
    if (typeof value !== 'object' || value === null) {
      // The value is not shown, because it may be the secret itself.
      throw new ConfigError(`${place}: expected {"file": …} or {"variable": …}`);
    }
    const shape = Object.hasOwn(value, 'variable') ? fromVariable : fromFile;
    return readFrom(shape.read(value, place, context), place, context);
  },
};

function readFrom(
  source: { readonly file: string } | { readonly variable: string },
  place: Place,
  context: ReadContext,
): Secret {
  try {
    return new Secret(context.readSecret(source));
  } catch (error) {
    throw new ConfigError(`${place}: ${(error as Error).message}`);
  }
}

/** Text, which may be empty, or a secret. */
export function textOrSecret(max: number): Shape<string | Secret> {
  const plain = text(max, { min: 0, hasControls: true });
  return {
    schema: { oneOf: [plain.schema, fromFile.schema, fromVariable.schema] },
    read(value, place, context) {
      if (typeof value === 'string') return plain.read(value, place, context);
      return typeof value === 'object' && value !== null
        ? secret.read(value, place, context)
        : expected(place, 'text, {"file": …} or {"variable": …}', value);
    },
  };
}
