// What `hostless image` shows, as reports for output.ts. Pure.
import type { ListedGeneration } from '../../../../images/catalogue.ts'
import type { Difference } from '../../../../images/difference.ts'
import type { FileChange } from '../../../../images/file-difference.ts'
import { COMPONENTS, type Manifest } from '../../../../images/manifest.ts'
import type { Verdict } from '../../../../images/store/verify.ts'
import { type Column, type Report, type Section, showBytes, showGrowth, type Value } from '../../engine/output/output.ts'
import { type HostRunning, hostsOf } from './find.ts'

const bytes = (key: string, title: string): Column => ({ key, title, align: 'right', show: showBytes })
const growth = (key: string, title: string): Column => ({ key, title, align: 'right', show: showGrowth })
const text = (key: string, title: string): Column => ({ key, title })
const state: Column = { key: 'state', title: 'STATE', tone: (value) => (value === 'signed' ? 'plain' : 'bad') }
const published: Column = { key: 'published', title: 'PUBLISHED', show: (value) => (value ? 'yes' : ''), tone: () => 'good' }

export function listReport(listed: readonly ListedGeneration[], running: readonly HostRunning[]): Report {
  const rows = listed.map((each) => {
    const manifest = each.state.kind === 'manifest' ? each.state.manifest : undefined
    return {
      image: each.name,
      generation: each.generation,
      published: each.published,
      imported: each.importedAt.toISOString(),
      suite: manifest?.suite ?? null,
      xen: manifest?.versions.xen ?? null,
      kernel: manifest?.versions.kernel ?? null,
      packages: manifest?.packages.length ?? null,
      size: each.bytes,
      hosts: hostsOf(running, each.generation).length,
      state: each.state.kind === 'manifest' ? 'signed' : each.state.reason,
    }
  })
  const columns: readonly Column[] = [
    text('image', 'IMAGE'),
    text('generation', 'GENERATION'),
    published,
    { ...text('imported', 'IMPORTED'), show: showTime },
    text('suite', 'SUITE'),
    text('xen', 'XEN'),
    text('kernel', 'KERNEL'),
    { ...text('packages', 'PACKAGES'), align: 'right' },
    bytes('size', 'SIZE'),
    { ...text('hosts', 'HOSTS'), align: 'right' },
    state,
  ]
  const empty = 'No image was imported yet: hostless image import, or hostless image build.'
  return {
    name: 'generations',
    sections: [{ name: 'generations', item: 'generation', title: 'Generations', shape: 'list', columns, rows, empty }],
  }
}

export function showReport(shown: ListedGeneration, manifest: Manifest, running: readonly HostRunning[]): Report {
  const components = COMPONENTS.flatMap((file) => {
    const facts = manifest.components[file]
    return facts ? [{ file, size: facts.size, sha256: facts.sha256 }] : []
  })
  return {
    name: 'image',
    sections: [
      recordSection(shown, manifest, running),
      list('components', 'component', 'Files', [text('file', 'FILE'), bytes('size', 'SIZE'), text('sha256', 'SHA-256')], components),
      list(
        'packages',
        'package',
        'Packages',
        [text('name', 'PACKAGE'), text('version', 'VERSION'), bytes('size', 'SIZE')],
        manifest.packages,
      ),
    ],
  }
}

/** `files`: undefined when they were not asked for. */
export function differenceReport(
  shown: ListedGeneration,
  manifest: Manifest,
  running: readonly HostRunning[],
  against: ListedGeneration,
  difference: Difference,
  files: readonly FileChange[] | undefined,
): Report {
  const record = recordSection(shown, manifest, running)
  const fromTo = [text('from', 'FROM'), text('to', 'TO')]
  const versions = difference.versions.map(({ name, from, to }) => ({ name, from: from ?? null, to: to ?? null }))
  const packages = difference.packages.map((each) => ({
    change: each.kind,
    name: each.name,
    from: each.from ?? null,
    to: each.to ?? null,
    sizechange: each.sizeChange,
  }))
  const components = difference.components.map(({ component, from, to }) => ({ file: component, from: from ?? null, to: to ?? null }))
  const changed = files?.map(({ path, kind, what }) => ({ change: kind, path, what: what.join(' ') }))
  return {
    name: 'difference',
    sections: [
      {
        ...record,
        columns: [...record.columns, text('against', 'Against'), growth('sizechange', 'Size change')],
        rows: record.rows.map((row) => ({ ...row, against: against.generation, sizechange: difference.sizeChange })),
      },
      list('versions', 'version', 'Versions', [text('name', 'OF'), ...fromTo], versions),
      list(
        'packages',
        'package',
        'Packages',
        [text('change', 'CHANGE'), text('name', 'PACKAGE'), ...fromTo, growth('sizechange', 'SIZE')],
        packages,
      ),
      list(
        'components',
        'component',
        'Files of the generation',
        [text('file', 'FILE'), bytes('from', 'FROM'), bytes('to', 'TO')],
        components,
      ),
      ...(changed
        ? [list('files', 'file', 'Files in the root', [text('change', 'CHANGE'), text('path', 'PATH'), text('what', 'WHAT')], changed)]
        : []),
    ],
  }
}

export function verifyReport(verdicts: readonly { readonly of: ListedGeneration; readonly verdict: Verdict }[]): Report {
  const rows = verdicts.map(({ of, verdict }) => ({
    image: of.name,
    generation: of.generation,
    sound: verdict.kind === 'sound',
    problems: verdict.kind === 'sound' ? null : verdict.problems.join('; '),
  }))
  const sound: Column = { key: 'sound', title: 'SOUND', tone: (value) => (value === true ? 'good' : 'bad') }
  const columns = [text('image', 'IMAGE'), text('generation', 'GENERATION'), sound, text('problems', 'PROBLEMS')]
  return { name: 'verification', sections: [list('verification', 'generation', 'Verification', columns, rows)] }
}

function recordSection(shown: ListedGeneration, manifest: Manifest, running: readonly HostRunning[]): Section {
  const hosts = hostsOf(running, shown.generation)
  return {
    name: 'summary',
    item: 'summary',
    title: 'Summary',
    shape: 'record',
    columns: [
      text('image', 'Image'),
      text('generation', 'Generation'),
      { ...text('published', 'Published'), tone: (value) => (value === true ? 'good' : 'plain') },
      { ...text('imported', 'Imported'), show: showTime },
      text('suite', 'Suite'),
      text('architecture', 'Architecture'),
      text('xen', 'Xen'),
      text('kernel', 'Kernel'),
      text('drbdutils', 'drbd-utils'),
      text('nodejs', 'Node.js'),
      { ...text('dom0memory', 'Memory for dom0'), show: (value) => `${value} MiB` },
      { ...text('size', 'Size'), show: showBytes },
      text('hosts', 'Hosts'),
    ],
    rows: [
      {
        image: shown.name,
        generation: shown.generation,
        published: shown.published,
        imported: shown.importedAt.toISOString(),
        suite: manifest.suite,
        architecture: manifest.architecture,
        xen: manifest.versions.xen ?? null,
        kernel: manifest.versions.kernel,
        drbdutils: manifest.versions['drbd-utils'] ?? null,
        nodejs: manifest.versions.nodejs ?? null,
        dom0memory: manifest.dom0MemoryMiB,
        size: shown.bytes,
        hosts: hosts.length === 0 ? null : hosts.join(', '),
      },
    ],
    empty: '',
  }
}

function list(name: string, item: string, title: string, columns: readonly Column[], rows: Section['rows']): Section {
  return { name, item, title, shape: 'list', columns, rows, empty: `${title}: none.` }
}

/** To the minute, UTC. */
function showTime(value: Value): string {
  return typeof value === 'string' ? value.slice(0, 16).replace('T', ' ') : ''
}
