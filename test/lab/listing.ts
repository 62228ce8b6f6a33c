// A folder tree as find, stat and md5sum show it, asked in the same way on a node and on this machine: an image is
// compared with what GNU tar unpacks, by tools that are none of ours. Parsing and comparing are pure.

/** Texts as find prints them; `size` and `links` of a folder are its file system's own business and left empty. */
export interface Entry {
  /** f d l c b p s */
  readonly type: string
  readonly mode: string
  readonly owner: string
  readonly group: string
  readonly links: string
  readonly size: string
  /** Seconds since 1970 with ten decimals. */
  readonly modified: string
  readonly target: string
  /** Major and minor, of device nodes. */
  readonly device: string
  /** All names of the same file, itself included, where there are several. */
  readonly names: string
}

export type Listing = ReadonlyMap<string, Entry>

const COLUMNS = 10

/** Prints what `parseListing` reads: all that is on the folder's file system. */
export function listCommand(folder: string): readonly string[] {
  const script = `export LC_ALL=C; cd "$1" || exit 1
find . -xdev -type b -exec stat --printf '%n\\0%t:%T\\0' {} + -o -type c -exec stat --printf '%n\\0%t:%T\\0' {} +
printf '\\0'
find . -xdev -printf '%p\\0%y\\0%m\\0%U\\0%G\\0%n\\0%s\\0%T@\\0%l\\0%D:%i\\0'`
  return ['sh', '-c', script, 'sh', folder]
}

/** Prints what `parseHashes` reads: the MD5 of each regular file. Nobody forges one here, and an emulated CPU takes a ninth of the time. */
export function hashCommand(folder: string): readonly string[] {
  const script = 'export LC_ALL=C; cd "$1" && find . -xdev -type f -print0 | sort -z | xargs -0 -r md5sum -z'
  return ['sh', '-c', script, 'sh', folder]
}

/** Throws on a text that is cut short. */
export function parseListing(text: string): Listing {
  const words = text.split('\0')
  const nodes = words.indexOf('')
  const devices = new Map(rows(words.slice(0, nodes), 2).map(([path = '', device = '']) => [path, device]))
  const found = rows(words.slice(nodes + 1, -1), COLUMNS)
  const byInode = new Map<string, string[]>()
  for (const row of found) if (row[1] !== 'd') byInode.set(row[9] ?? '', [...(byInode.get(row[9] ?? '') ?? []), row[0] ?? ''])
  return new Map(
    found.map(
      ([path = '', type = '', mode = '', owner = '', group = '', links = '', size = '', modified = '', target = '', inode = '']) => {
        const names = byInode.get(inode) ?? []
        const folder = type === 'd'
        const entry: Entry = {
          ...{ type, mode, owner, group, modified, target, device: devices.get(path) ?? '' },
          ...{
            links: folder ? '' : links,
            size: folder ? '' : size,
            names: !folder && names.length > 1 ? [...names].sort().join(' = ') : '',
          },
        }
        return [path, entry]
      },
    ),
  )
}

/** From path to SHA-256 in hexadecimal. */
export function parseHashes(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\0').filter(Boolean)
  return new Map(lines.map((line) => [line.slice(34), line.slice(0, 32)]))
}

/** Paths that are not the same in both, each with what differs. */
export function compareListings(expected: Listing, found: Listing): ReadonlyMap<string, string> {
  const differences = new Map<string, string>()
  for (const path of [...new Set([...expected.keys(), ...found.keys()])].sort()) {
    const [before, after] = [expected.get(path), found.get(path)]
    if (!before || !after) {
      differences.set(path, before ? 'missing' : 'new')
      continue
    }
    const columns = Object.keys(before) as (keyof Entry)[]
    const different = columns.filter((column) => before[column] !== after[column])
    if (different.length === 0) continue
    differences.set(path, different.map((column) => `${column} ${before[column]} → ${after[column]}`).join(', '))
  }
  return differences
}

function rows(words: readonly string[], columns: number): readonly (readonly string[])[] {
  if (words.length % columns !== 0) throw new Error(`${words.length} words are no rows of ${columns}: the listing is cut short`)
  return Array.from({ length: words.length / columns }, (_, row) => words.slice(row * columns, (row + 1) * columns))
}
