// What of the tree goes into the Debian package, and what of node_modules. Pure.

/** As package-lock.json has it, by the path of each package. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
}

/** They make the agent's bundle, which the package has made already. */
const BUILDING = /^node_modules\/(esbuild$|@esbuild\/)/

/** Folders of the packages that are wanted to run. */
export function modulesOf({ packages }: Lock): readonly string[] {
  return Object.entries(packages)
    .filter(([path, { dev }]) => path.startsWith('node_modules/') && dev !== true && !BUILDING.test(path))
    .map(([path]) => path)
    .sort()
}

const LICENCE = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i
const IDLE = /(\.([cm]?ts|map|md|markdown|tsbuildinfo|flow)|(^|\/)\.[^/]+)$/i
/** Sources, and what was in between, of packages that are compiled when they are installed; koffi's src/ is read at run time. */
const COMPILED: Readonly<Record<string, RegExp>> = {
  'node_modules/better-sqlite3': /^(deps|src|binding\.gyp$|build\/(?!Release\/better_sqlite3\.node$))/,
}

/** Whether a program reads this file of a package; licences stay. `file`: from the package's folder. */
export function isWanted(module: string, file: string): boolean {
  if (file.split('/').includes('node_modules')) return false // has its own line in the lock
  return LICENCE.test(file) || !(IDLE.test(file) || COMPILED[module]?.test(file) === true)
}

/** What commands read beside the programs: boot scripts, pages, recipes. */
export const READ_FOLDERS = ['images/dom0', 'images/guest', 'templates/assets', 'templates/boot', 'templates/completion', 'templates/pages']

/** As dpkg wants it: `hash  path`, sorted. */
export function md5sums(sums: ReadonlyMap<string, string>): string {
  return [...sums]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, sum]) => `${sum}  ${path}\n`)
    .join('')
}
