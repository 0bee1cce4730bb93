// Runs the program in a folder under another implementation of the runtime API, the package @vercel/fun:
//
//	node fun.js PACKAGE FOLDER VARIABLES
//
// PACKAGE is the folder of the package, VARIABLES the function's variables as JSON. Each line of standard input is a payload in
// base64; for each there is a line of the result on standard output, as JSON, its payload in base64. It ends when the
// input does.
const [pkg, folder, variables] = process.argv.slice(2);
const { createFunction } = require(pkg);

(async () => {
	const fn = await createFunction({
		Code: { Directory: folder },
		Handler: 'bootstrap',
		Runtime: 'provided',
		Environment: { Variables: JSON.parse(variables) },
	});
	for await (const line of require('node:readline').createInterface({ input: process.stdin })) {
		const result = await fn.invoke({ InvocationType: 'RequestResponse', Payload: Buffer.from(line, 'base64') });
		result.Payload = Buffer.from(result.Payload).toString('base64');
		console.log(JSON.stringify(result));
	}
	await fn.destroy();
})();
