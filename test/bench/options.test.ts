import test from 'ava'
import { inTurn, parseBenchCommand, SIDES } from './options.ts'

test('without arguments the boot benchmark runs once, for one node and for two, on both sides', (t) => {
  t.deepEqual(parseBenchCommand([]), {
    kind: 'run',
    options: {
      benches: ['boot'],
      runs: 1,
      sides: ['ours', 'peer'],
      nodes: [1, 2],
      machines: [1, 10, 100, 1000],
      hosts: [300, 1000, 3000, 10_000],
      image: undefined,
    },
  })
})

test('parseBenchCommand takes names, runs, one side, numbers of nodes and an image', (t) => {
  t.deepEqual(
    parseBenchCommand([
      'nfs',
      'http',
      '--runs',
      '5',
      '--only',
      'peer',
      '--nodes',
      '1,4',
      '--machines',
      '1,250',
      '--hosts',
      '50,100000',
      '--image',
      '/srv/images',
    ]),
    {
      kind: 'run',
      options: {
        benches: ['nfs', 'http'],
        runs: 5,
        sides: ['peer'],
        nodes: [1, 4],
        machines: [1, 250],
        hosts: [50, 100_000],
        image: '/srv/images',
      },
    },
  )
})

const REFUSED: readonly [argv: readonly string[], reason: RegExp][] = [
  [['speed'], /no benchmark "speed"; there are boot, nfs, dhcp, tftp, http, storm, manager, page, cli, delta, placement/],
  [['--runs', '0'], /1 to 100 runs/],
  [['--runs', '2.5'], /1 to 100 runs/],
  [['--nodes', '1,,2'], /each from 1 to 16/],
  [['--nodes', '17'], /each from 1 to 16/],
  [['--machines', '2001'], /each from 1 to 2000/],
  [['--hosts', '100001'], /each from 1 to 100000/],
  [['--only', 'theirs'], /Allowed choices are ours, peer/],
  [['--fast'], /unknown option '--fast'/],
]

for (const [argv, reason] of REFUSED) {
  test(`parseBenchCommand refuses: ${argv.join(' ')}`, (t) => {
    const command = parseBenchCommand(argv)
    t.is(command.kind, 'refused')
    t.regex(command.kind === 'refused' ? command.reason : '', reason)
  })
}

test('--help describes every benchmark', (t) => {
  const command = parseBenchCommand(['--help'])
  t.is(command.kind, 'help')
  for (const name of ['boot', 'nfs', 'dhcp', 'tftp', 'http', 'manager', 'page', 'cli', 'delta', 'placement'])
    t.regex(command.kind === 'help' ? command.text : '', new RegExp(`^  ${name} `, 'm'))
})

test('the sides take turns in being measured first', (t) => {
  t.deepEqual(
    [1, 2, 3].map((run) => inTurn(SIDES, run)[0]),
    ['ours', 'peer', 'ours'],
  )
  t.deepEqual(inTurn(['peer'], 2), ['peer'])
})
