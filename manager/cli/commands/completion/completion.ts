// `hostless completion bash|zsh`, and what their scripts ask for; nobody waits long, as the user is typing. (@bomb.sh/tab was tried: what
// it asks for candidates cannot wait for the manager's answer, and its scripts do not know that bash ends a word at @ and :.)

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Argument, type Command } from 'commander'
import { packageRoot } from '../../../../appliance/package-root.ts'
import type { World } from '../../engine/answer.ts'
import { type PoolApi, poolApi } from '../../engine/api/calls.ts'
import { apiClient } from '../../engine/api/client.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { apiSettings } from '../../engine/api/settings.ts'
import { oneLine } from '../../engine/output/text.ts'
import { describedCommand } from '../../engine/pool-command.ts'
import { classOf } from '../things/picking.ts'
import { groupChangesFor, type Names, namesFor } from './names.ts'
import { type Candidate, completionOf, type Named } from './words.ts'

/** Milliseconds that the manager has to answer. */
const PATIENCE = 1500

export function addCompletionCommands(program: Command, world: World): void {
  const completion = describedCommand(program, {
    name: 'completion',
    description: 'what a shell sources to complete commands, options, hosts and groups',
    examples: [],
  })
  for (const shell of ['bash', 'zsh'] as const) {
    describedCommand(completion, {
      name: shell,
      description: `for ${shell}`,
      examples: [[`completion ${shell} >~/.hostless.${shell}; source ~/.hostless.${shell}`, `from ~/.${shell}rc`]],
    }).action(() =>
      world.out.write(readFileSync(join(packageRoot(import.meta.dirname, 4), `templates/completion/hostless.${shell}`), 'utf8')),
    )
  }
  completion
    .command('words', { hidden: true })
    .addArgument(new Argument('[words...]'))
    .action(async (words: readonly string[]) => {
      const completion = completionOf(program, words.length === 0 ? [''] : words)
      switch (completion.kind) {
        case 'files':
          return world.out.write('files\n')
        case 'words':
          return world.out.write(linesOf(completion.candidates))
        case 'named':
        case 'group-changes':
          return world.out.write(linesOf(await knownFor(completion, words.at(-1) ?? '', world).catch(() => [])))
      }
    })
}

function linesOf(candidates: readonly Candidate[]): string {
  return `words\n${candidates.map(({ value, description }) => `${oneLine(value)}\t${oneLine(description)}\n`).join('')}`
}

type Asked = { readonly kind: 'named'; readonly of: Named } | { readonly kind: 'group-changes' }

async function knownFor(asked: Asked, word: string, { environment }: World): Promise<readonly Candidate[]> {
  const api = poolApi(apiClient({ ...(await apiSettings({}, environment)), patience: PATIENCE }))
  if (asked.kind === 'named') return namesFor(word, await namesOf(asked.of, api))
  return groupChangesFor(word, (await namesOf('hosts', api)).groups)
}

const NO_GUESTS: ReadonlyMap<string, readonly string[]> = new Map()

async function namesOf(of: Named, api: PoolApi): Promise<Names> {
  const plain = (values: readonly (readonly [value: string, description: string])[], groups: readonly string[] = []): Names => ({
    names: values.map(([value, description]) => ({ value, description })),
    groups: [...new Set(groups)].sort(),
    guests: NO_GUESTS,
  })
  switch (of) {
    case 'hosts': {
      const hosts = await everyHost(api)
      return plain(
        hosts.map(({ name, state }) => [name, state]),
        hosts.flatMap(({ groups }) => groups),
      )
    }
    case 'guests': {
      const [hosts, guests] = await Promise.all([everyHost(api), api.guests.list().then((all) => all.guests)])
      const names = guests.map(({ name, hostName }) => [name, `on ${hostName}`] as const)
      const onHosts = hosts.map(
        ({ name }) => [name, guests.filter(({ hostName }) => hostName === name).map((guest) => guest.name)] as const,
      )
      const groups = hosts.flatMap((host) => host.groups)
      const inFront = onHosts.filter(([, on]) => on.length > 0).map(([name]) => [`${name}/`, 'guests on it'] as const)
      return { ...plain([...names, ...inFront], groups), guests: new Map(onHosts) }
    }
    case 'storage':
    case 'networks':
    case 'things': {
      const wanted = of === 'networks' ? 'network' : of
      const things = (await api.things.list()).things.filter(({ kind }) => of === 'things' || classOf(kind) === wanted)
      return plain(
        things.map(({ key, name }) => [key, name]),
        things.map(({ kind }) => kind),
      )
    }
    case 'alarms': {
      const alarms = (await api.alarms.list()).alarms
      return plain(
        alarms.map(({ key, text }) => [key, text]),
        alarms.map(({ kind }) => kind),
      )
    }
    case 'users': {
      const users = (await api.users.list()).users
      return plain(
        users.map(({ name, role }) => [name, role]),
        users.map(({ role }) => role),
      )
    }
    case 'tokens': {
      const tokens = (await api.tokens.list()).tokens
      return plain(
        tokens.map(({ id, label }) => [id, label]),
        tokens.map(({ user }) => user),
      )
    }
  }
}
