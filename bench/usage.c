/*
 * usage FILE COMMAND [ARGUMENT]…
 *
 * Runs COMMAND and writes to FILE what it cost, with all of its threads and the children it waited for (wait4(2)):
 *
 *   user_us 201345 system_us 812345 peak_kib 24576 wall_us 7214000
 *
 * SIGINT and SIGTERM are passed on. Exit status: that of COMMAND, 128 + N when signal N ended it, 127 when it cannot run.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child;

static void pass_on(int number) {
  if (child > 0) kill((pid_t)child, number);
}

static long long microseconds(struct timeval time) { return (long long)time.tv_sec * 1000000 + time.tv_usec; }

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (long long)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "use: usage FILE COMMAND [ARGUMENT]...\n");
    return 2;
  }
  struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  long long start = now();
  pid_t pid = fork();
  if (pid < 0) {
    perror("usage: fork");
    return 127;
  }
  if (pid == 0) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a bench that is killed leaves nothing running */
    execvp(argv[2], argv + 2);
    fprintf(stderr, "usage: %s: %s\n", argv[2], strerror(errno));
    _exit(127);
  }
  child = pid;
  int status;
  struct rusage used;
  while (wait4(pid, &status, 0, &used) < 0)
    if (errno != EINTR) {
      perror("usage: wait4");
      return 127;
    }
  FILE *file = fopen(argv[1], "w");
  if (file == NULL) {
    fprintf(stderr, "usage: %s: %s\n", argv[1], strerror(errno));
    return 127;
  }
  fprintf(file, "user_us %lld system_us %lld peak_kib %ld wall_us %lld\n", microseconds(used.ru_utime),
          microseconds(used.ru_stime), used.ru_maxrss, now() - start);
  fclose(file);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
