/* As worker.sh. */
#include <stdio.h>
#include <string.h>

int main(void) {
	char line[4096], name[4096];
	for (int i = 0; fgets(line, sizeof line, stdin); i++) {
		line[strcspn(line, "\n")] = 0;
		if (i % 4 == 0)
			strcpy(name, line + 1);
		else if (i % 4 == 1) {
			int gc = 0;
			for (char *c = line; *c; c++)
				gc += *c == 'G' || *c == 'C';
			printf("%s\t%zu\t%d\n", name, strlen(line), gc);
		}
	}
	return 0;
}
