/** The description of the routes is a valid document, and complete. */

import assert from "node:assert/strict";
import { Validator } from "npm:@seriousme/openapi-schema-validator@2.11.0";
import { createApp } from "../../src/server/app.ts";
import { ROUTES } from "../../src/server/routes/all.ts";
import { ask, served, shipped } from "./service.ts";

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { requestBody?: { content: object }; responses: Record<string, object> }>>;
  components: { schemas: Record<string, object> };
}

Deno.test("the OpenAPI document is valid, and has every route with its bodies and errors", async () => {
  await using app = await served({ models: [shipped("mlm")] });
  const document = (await ask(app, "/openapi.json")).body as Document;
  assert.deepEqual((await ask(app, "/api-doc/openapi.json")).body, document);
  assert.equal(document.openapi, "3.1.0");
  const { valid, errors } = await new Validator().validate(document as unknown as Record<string, unknown>);
  assert(valid, JSON.stringify(errors, null, 2));
  for (const { path, aliases } of ROUTES) {
    for (const one of [path, ...aliases]) {
      const { requestBody, responses } = document.paths[one]!.post!;
      assert(requestBody !== undefined, one);
      for (const status of [200, 400, 401, 404, 408, 413, 415, 422, 424, 429, 503, 504]) {
        assert(`${status}` in responses, `${one} ${status}`);
      }
    }
  }
  const paths = ["/", "/invocations", "/health", "/ready", "/ping", "/info", "/metrics", "/v1/models"];
  for (const path of paths) assert(path in document.paths, path);
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert(name! in document.components.schemas, name);
  }
  const page = (await ask(app, "/docs")).body as string;
  for (const path of Object.keys(document.paths)) assert(page.includes(` ${path}</code>`), path);
  assert.doesNotMatch(page, /(src|href)="(https?:)?\/\//, "the page needs no other host");
});

Deno.test("what the description says of a body is what is checked", async () => {
  await using app = await served({ models: [shipped("mlm")] });
  const { paths, components } = (await ask(app, "/openapi.json")).body as Document;
  for (const { path } of ROUTES) {
    const text = JSON.stringify(paths[path]!.post!.requestBody);
    const name = /schemas\/(\w+)/.exec(text)?.[1];
    const { required = [] } = components.schemas[name!] as { required?: string[] };
    const { body, status } = await ask(app, path, { body: {} });
    assert.equal(status, 422, path);
    assert.match(JSON.stringify(body), new RegExp(`\`${required[0]}\`: it must`), path);
  }
});

Deno.test("an app can be closed before it is ready, and twice", async () => {
  const app = createApp({ models: [shipped("mlm")], worker: false, warmup: false });
  await app.close();
  await app.ready;
  assert.equal((await ask(app, "/health")).status, 503);
  await app.close();
});
