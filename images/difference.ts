// What changes for a host that goes from one generation to another, by their manifests. Pure.
import { compareVersions } from './debian-version.ts'
import { COMPONENTS, type Component, type Manifest, manifestBytes, type PackageEntry } from './manifest.ts'

export interface PackageChange {
  readonly kind: 'added' | 'removed' | 'upgraded' | 'downgraded'
  readonly name: string
  readonly from: string | undefined
  readonly to: string | undefined
  /** Growth of the installed size in bytes. */
  readonly sizeChange: number
}

export interface ComponentChange {
  readonly component: Component
  /** Bytes; undefined where the generation has no such file. */
  readonly from: number | undefined
  readonly to: number | undefined
}

export interface Difference {
  /** Sorted by name. */
  readonly packages: readonly PackageChange[]
  /** Only those whose contents differ. */
  readonly components: readonly ComponentChange[]
  /** kernel, xen and others that differ. */
  readonly versions: readonly { readonly name: string; readonly from: string | undefined; readonly to: string | undefined }[]
  /** Growth of all components together in bytes. */
  readonly sizeChange: number
}

type Content = Pick<Manifest, 'packages' | 'components' | 'versions'>

export function differenceOf(from: Content, to: Content): Difference {
  const components = COMPONENTS.filter((name) => from.components[name]?.sha256 !== to.components[name]?.sha256)
  const names = [...new Set([...Object.keys(from.versions), ...Object.keys(to.versions)])].sort()
  const versions = new Map(Object.entries(from.versions))
  const newer = new Map(Object.entries(to.versions))
  return {
    packages: packageChanges(from.packages, to.packages),
    components: components.map((component) => ({ component, from: from.components[component]?.size, to: to.components[component]?.size })),
    versions: names.map((name) => ({ name, from: versions.get(name), to: newer.get(name) })).filter((each) => each.from !== each.to),
    sizeChange: manifestBytes(to) - manifestBytes(from),
  }
}

function packageChanges(from: readonly PackageEntry[], to: readonly PackageEntry[]): readonly PackageChange[] {
  const before = new Map(from.map((entry) => [entry.name, entry]))
  const after = new Map(to.map((entry) => [entry.name, entry]))
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name): PackageChange[] => {
    const [old, young] = [before.get(name), after.get(name)]
    const kind = changeOf(old, young)
    if (kind === 'same') return []
    return [{ kind, name, from: old?.version, to: young?.version, sizeChange: (young?.size ?? 0) - (old?.size ?? 0) }]
  })
}

function changeOf(before: PackageEntry | undefined, after: PackageEntry | undefined): PackageChange['kind'] | 'same' {
  if (!before) return 'added'
  if (!after) return 'removed'
  if (before.version === after.version) return 'same'
  return compareVersions(before.version, after.version) > 0 ? 'downgraded' : 'upgraded'
}
