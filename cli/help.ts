/** The help texts. They teach: what a command is for, an example, what it exits with. */

/** `chaperone --help`. */
export const generalHelp = `Chaperone: the FHIR gateway that records every access before it answers.

Usage: chaperone COMMAND [ARGUMENT …]

  serve         run the gateway and the review face
  init          create the ledger and the keys of a configuration, and end
  demo          a clinic in a box: a sample EHR, a SMART app, and the gateway between them
  sample-ehr    run the sample EHR by itself
  verify DIR    check a ledger, live or copied: rehash every record, rebuild the root
  search QUERY  ask the review face for events
  index rebuild
                build the search index of a ledger anew
  config check FILE
                check a configuration file

  --help        this text, or with a command its own
  --version     the version

Exit codes: 0 well, 1 verification failed, 2 usage or configuration, 70 ledger fault,
73 ledger locked by another process.`;

/** `chaperone serve --help`. */
export const serveHelp = `Usage: chaperone serve --config FILE [--init]
       chaperone serve --upstream URL

Runs the gateway. Apps use the address printed as app= as their FHIR base URL; reviewers use
review=. Prints one line to stdout when it takes traffic:

  ready app=http://localhost:8080/fhir review=http://localhost:8090/fhir pid=4711

  --config FILE   YAML; see docs/configuration.md
  --init          create the ledger; without it a missing ledger is an error, since a ledger
                  that vanished must not be replaced unnoticed
  --upstream URL  run on defaults in front of this FHIR server, with all data in
                  ./chaperone-data (created, with its ledger, when that folder does not exist)

SIGTERM: exchanges under way end and are recorded, then it exits with 0.`;

/** `chaperone init --help`. */
export const initHelp = `Usage: chaperone init --config FILE

Creates the ledger and the keys that the configuration names, once, and ends. After it, start
serve without --init. What is there already is left as it is.

  chaperone init --config chaperone.yaml`;

/** `chaperone verify --help`. */
export const verifyHelp = `Usage: chaperone verify DIR [--json]

Checks a ledger folder (audit.directory), live or copied: hashes every stored record again,
rebuilds the tree from the leaves, compares with what the ledger says of itself. Needs no
network, no configuration, no key.

  --json   one object: ok, records, treeSize, rootHash, openIntents, problems[]

Exits with 0 when all is well, 1 when something is not, or is missing.`;

/** `chaperone search --help`. */
export const searchHelp = `Usage: chaperone search QUERY --review URL --token-file FILE [--json] [--limit N]

Asks the review face, newest first; the search itself is recorded under the reader's name.

  chaperone search 'patient=Patient/zoe&date=ge2026-11-01' \\
    --review http://localhost:8090/fhir --token-file chaperone-data/keys/reader.token

  --json       one AuditEvent a line, as JSON
  --limit N    stop after N events (default: 1000 rows of the table, all with --json; 0: all)`;

/** `chaperone index --help`. */
export const indexHelp = `Usage: chaperone index rebuild --config FILE [--json]
       chaperone index rebuild DIR [DIR …] --key FILE [--json]

Builds the search index anew from the ledger, beside the old one, which it then replaces. Needed
only when somebody may have changed the index file: serve builds a missing, damaged or outdated
one by itself. Changes nothing in the ledger. No gateway may run on it at the same time.

  chaperone index rebuild --config /etc/chaperone/chaperone.yaml

  --config FILE   the configuration of the gateway: names the ledger and the key
  DIR             a ledger folder (audit.directory), live or copied
  --key FILE      index.key of that gateway (keys.directory)
  --json          one object a ledger: origin, leaves, events, unreadable, bytes, seconds

Exits with 0 when it is done, 73 while another process has the ledger.`;

/** `chaperone config --help`. */
export const configHelp = `Usage: chaperone config check FILE

Reads a configuration file as serve would, and names every problem with its line.`;

/** `chaperone demo --help`. */
export const demoHelp = `Usage: chaperone demo [--port N] [--review-port N] [--ehr-port N] [--app-port N]
                      [--fresh] [--traffic]

Runs a clinic in a box on loopback: a sample EHR with synthetic patients, a SMART app, and
Chaperone between them. Prints the page to open first, and then each recorded event as one
sentence. From a checkout only. All data are in ./chaperone-demo, which can be thrown away.

  --port N         port of the app face (default 8080)
  --review-port N  port of the review face (default 8090)
  --ehr-port N     port of the sample EHR (default 8070)
  --app-port N     port of the SMART app (default 8060)
                   0 takes any free port
  --fresh          throw ./chaperone-demo away first
  --traffic        play a day of the clinic, so that there is something to review`;

/** `chaperone sample-ehr --help`. */
export const sampleEhrHelp = `Usage: chaperone sample-ehr [--port N] [--open] [--opaque-tokens]
       [--sign-in ACCOUNT] [--patient ID] [--access-log FILE] [--json]

Runs the sample EHR by itself: a FHIR R4 server with the charts of a clinic that does not exist, and
a SMART authorization server. Everything is in memory. From a checkout only. Prints one line:

  ready fhir=http://127.0.0.1:8070/fhir issuer=http://127.0.0.1:8070/auth pid=4711

  --port N            default 8070; 0 for any free one
  --open              no authorization: everybody may do everything
  --opaque-tokens     access tokens that say nothing by themselves (default: signed JWTs)
  --sign-in ACCOUNT   sign-in and consent answer themselves, for tests
  --patient ID        the patient that is picked then
  --access-log FILE   one JSON object a line for each FHIR request: the means to see what did not
                      come through a gateway
  --json              the ready line as JSON`;
