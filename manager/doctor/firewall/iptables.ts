// `iptables-save -t filter` as chains, for kernels whose rules are not nftables'. What is not understood of a rule is a condition that
// may hold or not. Pure.
import type { Chain, Condition, Rule, Verdict } from './rules.ts'

export function parseIptables(text: string): readonly Chain[] {
  const lines = text.split('\n')
  const chains = lines.flatMap((line) => {
    const found = /^:(\S+) (\S+)/.exec(line)
    return found?.[1] && found[2] ? [{ name: found[1], policy: found[2] }] : []
  })
  return chains.map(({ name, policy }) => ({
    name: nameOf(name),
    policy: name === 'INPUT' ? (policy === 'DROP' ? 'drop' : 'accept') : undefined,
    rules: lines.flatMap((line) => (line.startsWith(`-A ${name} `) ? [ruleOf(line.slice(`-A ${name} `.length))] : [])),
  }))
}

const nameOf = (chain: string): string => `iptables ${chain}`

function ruleOf(line: string): Rule {
  const words = line.match(/"(\\.|[^"\\])*"|\S+/g) ?? []
  const conditions: Condition[] = []
  let verdict: Verdict = { kind: 'none' }
  let not = false
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '!') {
      not = true
      continue
    }
    const value = words[at + 1] ?? ''
    switch (word) {
      case '-p':
        conditions.push(value === 'all' ? { kind: 'always' } : { kind: 'protocol', is: [value], not })
        break
      case '-i':
        conditions.push({ kind: 'interface', is: [value.replace(/\+$/, '*')], not })
        break
      case '--dport':
      case '--dports':
        conditions.push({ kind: 'port', protocol: undefined, is: value.split(',').map(rangeOf), not })
        break
      case '--ctstate':
      case '--state':
        conditions.push({ kind: 'state', is: value.toLowerCase().split(','), not })
        break
      case '-j':
      case '-g':
        verdict = verdictOf(word, value)
        break
      case '-m':
      case '--comment':
        break
      default:
        // Of a verdict, such as --reject-with, or a condition that is not known here.
        if (word.startsWith('-') && verdict.kind === 'none') conditions.push({ kind: 'other' })
    }
    // Each of them takes one word; what takes more is not known here, and its words begin with no dash.
    at++
    not = false
  }
  return { conditions, verdict }
}

function verdictOf(word: string, target: string): Verdict {
  switch (target) {
    case 'ACCEPT':
      return { kind: 'accept' }
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' }
    case 'RETURN':
      return { kind: 'return' }
    case 'LOG':
    case 'MARK':
    case 'CONNMARK':
    case 'NFLOG':
      return { kind: 'none' }
    default:
      return { kind: word === '-g' ? 'goto' : 'jump', chain: nameOf(target) }
  }
}

function rangeOf(text: string): readonly [number, number] {
  const [first, last = first] = text.split(':').map(Number)
  return [first ?? 0, last ?? 0]
}
