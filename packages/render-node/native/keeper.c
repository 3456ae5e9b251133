/*
 * Runs a program and ends when neither it nor any process of the given names is left: launchers exit and leave the real
 * program behind. Usage: keeper GRACE_MS NAME... -- PROGRAM ARGUMENT...
 *
 * Runs inside the sandbox, as the ancestor of everything in it: whatever loses its parent becomes a child of this process
 * (PR_SET_CHILD_SUBREAPER), so that ends are seen and exit codes are known. Exits with the code of the last named process whose
 * end it saw, else with that of the program (a launcher that waits for what it started is the one that sees its code, and hands
 * it on); 128 + signal number for a signal.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The kernel cuts the name in /proc/<pid>/comm to this many characters. */
enum { comm_chars = 15, poll_ms = 200, settle_ms = 600, max_named = 256 };

static char **names;
static int name_count;
/* Named processes as of the last look: a dead one has no command line any more. */
static pid_t named[max_named];
static int named_count;

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Without directory (of either system) and a trailing ".exe". */
static size_t base_of(const char *path, const char **base) {
  *base = path;
  for (const char *at = path; *at; at++) {
    if (*at == '/' || *at == '\\') *base = at + 1;
  }
  size_t length = strlen(*base);
  if (length > 4 && strcasecmp(*base + length - 4, ".exe") == 0) length -= 4;
  return length;
}

static int matches(const char *text, int is_comm) {
  const char *base;
  size_t length = base_of(text, &base);
  if (length == 0) return 0;
  for (int index = 0; index < name_count; index++) {
    const char *name;
    size_t name_length = base_of(names[index], &name);
    if (name_length == length && strncasecmp(name, base, length) == 0) return 1;
    if (is_comm && strlen(text) == comm_chars && strlen(name) > comm_chars && strncasecmp(name, text, comm_chars) == 0) {
      return 1;
    }
  }
  return 0;
}

static int read_file(pid_t pid, const char *file, char *text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
  FILE *stream = fopen(path, "r");
  if (!stream) return 0;
  size_t length = fread(text, 1, size - 1, stream);
  fclose(stream);
  text[length] = 0;
  while (length > 0 && text[length - 1] == '\n') text[--length] = 0;
  return length > 0;
}

static int is_zombie(pid_t pid) {
  char text[512];
  if (!read_file(pid, "stat", text, sizeof text)) return 1;
  const char *end = strrchr(text, ')');
  return !end || end[1] == 0 || end[2] == 'Z' || end[2] == 'X';
}

static int is_named(pid_t pid) {
  char text[4096];
  if (read_file(pid, "comm", text, sizeof text) && matches(text, 1)) return 1;
  /* The first argument ends with a NUL, which is where the text ends for us. */
  return read_file(pid, "cmdline", text, sizeof text) && matches(text, 0);
}

static void look(pid_t program) {
  DIR *directory = opendir("/proc");
  named_count = 0;
  if (!directory) return;
  struct dirent *entry;
  while ((entry = readdir(directory)) && named_count < max_named) {
    pid_t pid = (pid_t)atoi(entry->d_name);
    if (pid <= 1 || pid == getpid() || pid == program || is_zombie(pid)) continue;
    if (is_named(pid)) named[named_count++] = pid;
  }
  closedir(directory);
}

static int was_named(pid_t pid) {
  for (int index = 0; index < named_count; index++) {
    if (named[index] == pid) return 1;
  }
  char text[64];
  return read_file(pid, "comm", text, sizeof text) && matches(text, 1);
}

static int code_of(const siginfo_t *end) {
  return end->si_code == CLD_EXITED ? end->si_status : 128 + end->si_status;
}

static pid_t start(char **command) {
  pid_t program = fork();
  if (program != 0) return program;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  /* As bubblewrap does it: a script without a first line is the shell's. The path has a slash, nothing is searched. */
  execvp(command[0], command);
  fprintf(stderr, "keeper: %s: %s\n", command[0], strerror(errno));
  _exit(errno == ENOENT ? 127 : 126);
}

struct outcome {
  int code;
  /* The code is that of a named process. */
  int is_named;
};

/* Takes every end that there is. Returns 1 once the program's is among them; `*named_seen`: it, too, had one of the names. */
static int reap(pid_t program, struct outcome *outcome, int *named_seen) {
  int ended = 0;
  for (;;) {
    siginfo_t end = {0};
    /* Left in place until its name has been read. */
    if (waitid(P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid == 0) return ended;
    pid_t pid = end.si_pid;
    int is_one = was_named(pid);
    if (is_one) *named_seen = 1;
    if (pid == program) {
      ended = 1;
      if (!outcome->is_named) outcome->code = code_of(&end);
    } else if (is_one) {
      *outcome = (struct outcome){code_of(&end), 1};
    }
    waitid(P_PID, (id_t)pid, &end, WEXITED);
  }
}

int main(int count, char **arguments) {
  int split = 2;
  while (split < count && strcmp(arguments[split], "--") != 0) split++;
  if (count < 2 || split + 1 >= count) {
    fprintf(stderr, "usage: keeper GRACE_MS NAME... -- PROGRAM ARGUMENT...\n");
    return 125;
  }
  long long grace_ms = atoll(arguments[1]);
  names = arguments + 2;
  name_count = split - 2;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  pid_t program = start(arguments + split + 1);
  if (program < 0) return 126;
  struct outcome outcome = {0, 0};
  int named_seen = 0, is_running = 1;
  long long looked_at = 0;
  /* Since when nothing has run that keeps the session; 0: it has. */
  long long idle_since = 0;
  for (;;) {
    if (reap(program, &outcome, &named_seen)) is_running = 0;
    /* Not at every end: a program that starts thousands of short processes would pay for a look at all of them each time. */
    if (now_ms() - looked_at >= poll_ms) {
      look(program);
      looked_at = now_ms();
      if (named_count > 0) named_seen = 1;
      if (is_running || named_count > 0) idle_since = 0;
      else if (idle_since == 0) idle_since = looked_at;
      /* One that was seen has ended; a successor would come at once. */
      if (idle_since != 0 && looked_at - idle_since >= (named_seen ? settle_ms : grace_ms)) return outcome.code;
    }
    struct timespec pause = {0, poll_ms * 1000000L};
    sigtimedwait(&child, NULL, &pause);
  }
}
