'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { jsforce, openConnection, contacts } = require('./open_connection.cjs');

let connection;
test.before(async () => {
  connection = await openConnection();
});

test('a record is created, read, changed and deleted', async () => {
  const made = await connection.sobject('Account').create({ Name: 'From JavaScript', Website: 'https://例.example' });
  assert.equal(made.success, true);
  const read = await connection.sobject('Account').retrieve(made.id, { fields: ['Name', 'Website'] });
  assert.equal(read.Website, 'https://例.example');
  const changed = await connection.sobject('Account').update({ Id: made.id, Name: 'Changed' });
  assert.deepEqual(changed, { id: made.id, success: true, errors: [] });
  const record = connection.sobject('Account').record(made.id);
  assert.equal((await record.retrieve()).Name, 'Changed');
  await record.update({ Industry: 'Apparel' });
  assert.equal((await record.destroy()).success, true);
  await assert.rejects(record.retrieve(), { errorCode: 'ENTITY_IS_DELETED' });
});

test('more than 200 records go in chunks, and the refused ones are named', async () => {
  const rows = contacts('Chunk', 450);
  rows[300] = { FirstName: 'Nobody' };
  const made = await connection.sobject('Contact').create(rows, { allowRecursive: true });
  assert.equal(made.length, 450);
  assert.deepEqual(made.map((item, at) => (item.success ? -1 : at)).filter((at) => at >= 0), [300]);
  assert.equal(made[300].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  const ids = made.filter((item) => item.success).map((item) => item.id);

  const changes = ids.map((Id) => ({ Id, FirstName: 'Same' }));
  const changed = await connection.sobject('Contact').update(changes, { allowRecursive: true });
  assert.ok(changed.every((item) => item.success) && changed.length === 449);
  const some = await connection.sobject('Contact').retrieve(ids.slice(0, 100), { fields: ['FirstName'] });
  assert.ok(some.every((item) => item.FirstName === 'Same'));

  const gone = await connection.sobject('Contact').destroy(ids, { allowRecursive: true });
  assert.ok(gone.every((item) => item.success) && gone.length === 449);
  const left = await connection.sobject('Contact').count({ LastName: { $like: 'Chunk %' } });
  assert.equal(left, 0);
});

test('all or none takes everything back', async () => {
  const rows = [...contacts('Whole', 2), { FirstName: 'Nobody' }];
  const made = await connection.sobject('Contact').create(rows, { allOrNone: true });
  assert.deepEqual(made.map((item) => item.success), [false, false, false]);
  assert.equal(made[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK');
  assert.equal(await connection.sobject('Contact').count({ LastName: { $like: 'Whole %' } }), 0);
});

test('records are upserted by an external id, one and many', async () => {
  const key = 'Forcemirror_Id__c';
  const one = await connection.sobject('Account').upsert({ Name: 'Upserted', [key]: 'js-1' }, key);
  assert.deepEqual([one.success, one.created], [true, true]);
  const rows = Array.from({ length: 210 }, (_, number) => ({ Name: `Upserted ${number}`, [key]: `js-${number}` }));
  const many = await connection.sobject('Account').upsert(rows, key, { allowRecursive: true });
  assert.equal(many.filter((item) => item.created).length, 209);
  assert.equal(many[1].id, one.id);
});

test('queries come whole, in pages and by the event', async () => {
  const soql = 'SELECT Id FROM OpportunityFieldHistory';
  const first = await connection.query(soql);
  assert.equal(first.done, false);
  assert.equal(first.records.length, 2000);
  const found = new Set(first.records.map((record) => record.Id));
  let page = first;
  while (!page.done) {
    page = await connection.queryMore(page.nextRecordsUrl);
    page.records.forEach((record) => found.add(record.Id));
  }
  assert.equal(found.size, first.totalSize);
  const all = await connection.query(soql).execute({ autoFetch: true, maxFetch: 10000 });
  assert.equal(all.records.length, first.totalSize);
  let events = 0;
  await new Promise((resolve, reject) => {
    const query = connection.query(soql);
    query.on('record', () => (events += 1)).on('end', resolve).on('error', reject);
    query.run({ autoFetch: true, maxFetch: 10000 });
  });
  assert.equal(events, first.totalSize);
});

test('its own query builder, children and parents, deleted rows and plans', async () => {
  const deals = await connection
    .sobject('Opportunity')
    .find({ Amount: { $gt: 1000 }, CloseDate: { $gte: jsforce.SfDate.toDateLiteral('2020-01-01') } }, 'Id, Name, Account.Name')
    .sort({ Amount: -1 })
    .limit(5)
    .offset(1)
    .execute();
  assert.equal(deals.length, 5);
  assert.ok(deals.every((deal) => deal.Account.Name));
  const accounts = await connection
    .sobject('Account')
    .select('Id, Name')
    .include('Contacts')
    .select('LastName')
    .end()
    .limit(200)
    .execute();
  assert.ok(accounts.some((account) => account.Contacts && account.Contacts.records.length > 0));
  const made = await connection.sobject('Contact').create({ LastName: 'Binned by JavaScript' });
  await connection.sobject('Contact').destroy(made.id);
  const where = { LastName: 'Binned by JavaScript' };
  assert.equal((await connection.sobject('Contact').find(where, 'Id').execute({ scanAll: true })).length, 1);
  assert.equal((await connection.sobject('Contact').find(where, 'Id')).length, 0);
  const plan = await connection.query('SELECT Id FROM Opportunity').explain();
  assert.ok(plan.plans.length > 0);
});

test('records are changed and deleted by query', async () => {
  await connection.sobject('Contact').create(contacts('By query', 210), { allowRecursive: true });
  const where = { LastName: { $like: 'By query %' } };
  const changed = await connection.sobject('Contact').find(where, 'Id').update({ Title: 'Set of ${Id}' });
  assert.ok(changed.length === 210 && changed.every((item) => item.success));
  const gone = await connection.sobject('Contact').find(where, 'Id').destroy();
  assert.ok(gone.length === 210 && gone.every((item) => item.success));
});

test('it describes the org, an object, and its layouts', async () => {
  const global = await connection.describeGlobal();
  assert.ok(global.sobjects.some((item) => item.name === 'Opportunity' && item.keyPrefix === '006'));
  const described = await connection.describe('Opportunity');
  assert.ok(described.fields.find((field) => field.name === 'StageName').picklistValues.length === 10);
  assert.equal(await connection.describe$('Opportunity').then((item) => item.name), 'Opportunity');
  assert.ok((await connection.sobject('Opportunity').layouts()).layouts.length > 0);
  assert.ok((await connection.sobject('Opportunity').compactLayouts()).compactLayouts.length > 0);
  assert.ok(Array.isArray(await connection.tabs()));
  assert.ok((await connection.theme()).themeItems);
  assert.ok(Array.isArray(await connection.recent()));
});

test('limits, and the usage that each answer tells', async () => {
  const limits = await connection.limits();
  assert.equal(limits.DailyApiRequests.Max, 15000);
  const before = connection.limitInfo.apiUsage.used;
  await connection.query('SELECT Id FROM Account LIMIT 1');
  assert.equal(connection.limitInfo.apiUsage.used, before + 1);
  assert.equal(connection.limitInfo.apiUsage.limit, 15000);
});

test('what was updated and deleted lately', async () => {
  const made = await connection.sobject('Contact').create(contacts('Lately', 2));
  await connection.sobject('Contact').destroy(made[1].id);
  const end = new Date(Date.now() + 120000);
  const start = new Date(Date.now() - 3600000);
  assert.ok((await connection.sobject('Contact').updated(start, end)).ids.includes(made[0].id));
  const gone = (await connection.sobject('Contact').deleted(start, end)).deletedRecords.map((item) => item.id);
  assert.ok(gone.includes(made[1].id));
});

test('composite, batch, tree and graph requests', async () => {
  const root = `/services/data/v${connection.version}`;
  const composite = await connection.requestPost('/composite', {
    allOrNone: true,
    compositeRequest: [
      { method: 'POST', url: `${root}/sobjects/Account`, referenceId: 'a', body: { Name: 'Referenced' } },
      { method: 'POST', url: `${root}/sobjects/Contact`, referenceId: 'c', body: { LastName: 'R', AccountId: '@{a.id}' } },
    ],
  });
  assert.deepEqual(composite.compositeResponse.map((item) => item.httpStatusCode), [201, 201]);
  const batch = await connection.requestPost('/composite/batch', {
    batchRequests: [
      { method: 'GET', url: `v${connection.version}/limits` },
      { method: 'GET', url: `v${connection.version}/sobjects/Nothing` },
    ],
  });
  assert.equal(batch.hasErrors, true);
  assert.deepEqual(batch.results.map((item) => item.statusCode), [200, 404]);
  const tree = await connection.requestPost('/composite/tree/Account', {
    records: [
      {
        attributes: { type: 'Account', referenceId: 'top' },
        Name: 'Tree',
        Contacts: { records: [{ attributes: { type: 'Contact', referenceId: 'leaf' }, LastName: 'Leaf' }] },
      },
    ],
  });
  assert.deepEqual(tree.results.map((item) => item.referenceId).sort(), ['leaf', 'top']);
  const graph = await connection.requestPost('/composite/graph', {
    graphs: [
      {
        graphId: 'one',
        compositeRequest: [
          { method: 'POST', url: `${root}/sobjects/Account`, referenceId: 'a', body: { Name: 'Graph' } },
        ],
      },
    ],
  });
  assert.equal(graph.graphs[0].isSuccessful, true);
});

test('searches', async () => {
  await connection.sobject('Account').create({ Name: 'Quixotic Loafers' });
  const found = await connection.search('FIND {Quixotic} IN ALL FIELDS RETURNING Account(Id, Name)');
  assert.deepEqual(found.searchRecords.map((record) => record.Name), ['Quixotic Loafers']);
});

test('refusals have the code and the text of a real org', async () => {
  await assert.rejects(connection.query('SELECT Nonsense FROM Account'), { errorCode: 'INVALID_FIELD' });
  await assert.rejects(connection.query('SELECT FROM'), { errorCode: 'MALFORMED_QUERY' });
  await assert.rejects(connection.sobject('Nothing').create({ Name: 'x' }), { errorCode: 'NOT_FOUND' });
  await assert.rejects(connection.sobject('Contact').create({ FirstName: 'x' }), {
    errorCode: 'REQUIRED_FIELD_MISSING',
  });
});
