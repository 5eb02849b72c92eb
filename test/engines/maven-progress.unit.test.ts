import { mavenProgress } from '../../src/engines/maven-progress.js';

describe("what is made of Maven's output", () => {
  it('nothing downloaded: everything was there already', () => {
    expect(mavenProgress().text()).toBe('unpacking servers');
  });

  it('counts files and bytes, whatever their unit', () => {
    const progress = mavenProgress();
    progress.onLine('[INFO] Downloading from central: https://repository/a.jar');
    progress.onLine('[INFO] Downloaded from central: https://repository/a.jar (512 B at 10 kB/s)');
    progress.onLine('Downloaded from central: https://repository/b.jar (900 kB at 2.0 MB/s)');
    progress.onLine('[INFO] Downloaded from mirror: https://repository/c (x) (1).jar (53.4 MB at 12 MB/s)');
    expect(progress.text()).toBe('downloading servers: 3 files, 54 MB');
  });

  it('tells the first errors, or else the last that was said', () => {
    const progress = mavenProgress();
    progress.onLine('The JAVA_HOME environment variable is not defined correctly');
    expect(progress.errors()).toBe('The JAVA_HOME environment variable is not defined correctly');
    progress.onLine('[ERROR] Could not find artifact x');
    progress.onLine('[ERROR] ');
    progress.onLine('[INFO] done');
    expect(progress.errors()).toBe('Could not find artifact x');
  });
});
