/** How many files could not be loaded. */
let failures = 0;

/**
 * Loads a file that is beside the SDK's file. Only the files for browsers do this: bundlers make such
 * files of what is loaded by `import()` with a fixed name.
 */
export async function loadFile<Module>(name: string): Promise<Module> {
  const url = new URL(name, import.meta.url);
  // A browser that could not load a module does not request the same URL again.
  if (failures > 0) url.search = String(failures);
  try {
    return await import(url.href);
  } catch (error) {
    failures++;
    throw error;
  }
}
