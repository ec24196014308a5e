/** How many files could not be loaded. */
let failures = 0;

/**
 * Loads another file of the SDK from the folder of this one. Only for the files that the relay serves:
 * bundlers make chunks of `import()`s with a fixed name.
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
