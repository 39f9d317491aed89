/**
 * The tables of a file of leaves and the triggers that make them append-only. The text is part of
 * the format: the verifier compares it with what a file holds.
 *
 * The triggers are seat belts against mistakes, not a wall against someone who owns the file.
 * Layout: docs/ledger-format.md, "Tables".
 */

/** `PRAGMA application_id` of every file: "CHAP". */
export const applicationId = 0x43484150;
/** `PRAGMA user_version` of every file. */
export const formatVersion = 1;

function refuse(name: string, when: string, table: string, condition = ''): string {
  return `CREATE TRIGGER ${name} BEFORE ${when} ON ${table}${condition === '' ? '' : ` WHEN ${condition}`} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`;
}

/** Every statement that makes the schema, by the name of what it creates. */
export const schema: Readonly<Record<string, string>> = {
  file: `CREATE TABLE file (id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, file_number INTEGER NOT NULL, first_leaf INTEGER NOT NULL, base_frontier BLOB NOT NULL, segment_leaves INTEGER NOT NULL) STRICT`,
  leaf: `CREATE TABLE leaf (leaf_index INTEGER PRIMARY KEY, leaf BLOB NOT NULL CHECK (length(leaf) = 50)) STRICT`,
  body: `CREATE TABLE body (leaf_index INTEGER PRIMARY KEY, salt BLOB NOT NULL CHECK (length(salt) = 32), encoding INTEGER NOT NULL, body BLOB NOT NULL) STRICT`,
  tree: `CREATE TABLE tree (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, frontier BLOB NOT NULL) STRICT`,
  open_intent: `CREATE TABLE open_intent (leaf_index INTEGER PRIMARY KEY, body_leaf INTEGER NOT NULL) STRICT`,
  file_insert: refuse('file_insert', 'INSERT', 'file', 'EXISTS (SELECT 1 FROM file)'),
  file_update: refuse('file_update', 'UPDATE', 'file'),
  file_delete: refuse('file_delete', 'DELETE', 'file'),
  leaf_insert: refuse(
    'leaf_insert',
    'INSERT',
    'leaf',
    'NEW.leaf_index IS NOT coalesce((SELECT max(leaf_index) + 1 FROM leaf), (SELECT first_leaf FROM file))',
  ),
  leaf_update: refuse('leaf_update', 'UPDATE', 'leaf'),
  leaf_delete: refuse('leaf_delete', 'DELETE', 'leaf'),
  body_insert: refuse(
    'body_insert',
    'INSERT',
    'body',
    'NEW.leaf_index IS NOT (SELECT max(leaf_index) FROM leaf) OR NEW.leaf_index <= (SELECT max(leaf_index) FROM body)',
  ),
  body_update: refuse('body_update', 'UPDATE', 'body'),
  body_delete: refuse('body_delete', 'DELETE', 'body'),
  tree_insert: refuse('tree_insert', 'INSERT', 'tree', 'EXISTS (SELECT 1 FROM tree)'),
  tree_update: refuse('tree_update', 'UPDATE', 'tree', 'NEW.size < OLD.size'),
  tree_delete: refuse('tree_delete', 'DELETE', 'tree'),
};
